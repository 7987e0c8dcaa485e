"""The plain page at `/`: what is here, and something to paste."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

QUERIES: dict[str, str] = {
    "Provinces and their districts, in both languages": """{
  places(where: {kind: PROVINCE}, first: 3) {
    nodes { code name english: name(language: EN) healthZone { name } children(first: 3) { nodes { code name } } }
  }
}""",
    "Running challenges and who leads them": """{
  challenges(where: {states: [RUNNING]}, first: 3) {
    nodes {
      title(language: EN) metric participants endsOn
      leaderboard(first: 3) { nodes { rank score } }
      teamLeaderboard(first: 3) { nodes { rank score team { name } } }
    }
  }
}""",
    "My workouts, whose records they rest on, and my credits (needs a citizen's token)": """{
  viewer {
    user {
      displayName
      creditBalance
      activities(first: 3) {
        nodes { sport startedAt distanceMeters energyKcal credits records { partner { name } partnerRef } }
      }
    }
  }
}""",
}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>CCC Hub</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
<h1>CCC Hub</h1>
<p>One GraphQL schema over Thailand's exercise platforms.
<span lang="th">สคีมา GraphQL เดียวของข้อมูลการออกกำลังกายทั่วประเทศ</span></p>
<ul>
<li><code>POST {base}/graphql</code>: the API <span lang="th">ส่งคำถาม GraphQL</span></li>
<li><code>POST {base}/partners/&lt;name&gt;</code>: where partners push
<span lang="th">ปลายทางรับข้อมูลจากหน่วยงาน</span></li>
<li><a href="/healthz">/healthz</a> runs <span lang="th">ทำงานอยู่</span>,
<a href="/readyz">/readyz</a> answers <span lang="th">พร้อมให้บริการ</span></li>
</ul>
<p>Paste into a terminal <span lang="th">วางคำสั่งนี้ในเทอร์มินัล</span>:</p>
<pre>{pasteable}</pre>
</body></html>
"""


def pasteable(base: str, query: str, token: str | None = None) -> str:
    """A curl command that sends `query`; `token` is shell text, such as `$TOKEN`."""
    one_line = " ".join(query.split())
    authorization = f'-H "Authorization: Bearer {token}" ' if token else ""
    body = f'{{"query": "{one_line}"}}'
    return f"curl -s {base}/graphql -H 'Content-Type: application/json' {authorization}-d '{body}'"


async def home(request: Request) -> HTMLResponse:
    """The page; it loads nothing and runs nothing."""
    base = str(request.base_url).rstrip("/")
    first = next(iter(QUERIES.values()))
    page = _PAGE.format(base=escape(base), pasteable=escape(pasteable(base, first)))
    return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"})
