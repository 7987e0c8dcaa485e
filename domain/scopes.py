"""The OAuth scopes, each with the sentence a person reads on the consent page."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What a token may do; `noun:verb`."""

    OPENID = "openid"
    OFFLINE_ACCESS = "offline_access"
    PROFILE_READ = "profile:read"
    ACTIVITY_READ = "activity:read"
    ACTIVITY_WRITE = "activity:write"
    ROUTE_READ = "route:read"
    HEALTH_READ = "health:read"
    HEALTH_WRITE = "health:write"
    CREDIT_READ = "credit:read"
    CREDIT_AWARD = "credit:award"
    CREDIT_REDEEM = "credit:redeem"
    CHALLENGE_READ = "challenge:read"
    CHALLENGE_MANAGE = "challenge:manage"
    PARTICIPANT_READ = "participant:read"
    STATS_READ = "stats:read"
    STATS_OWN = "stats:own"
    WEBHOOK_MANAGE = "webhook:manage"
    CONNECTION_MANAGE = "connection:manage"
    CONSENT_MANAGE = "consent:manage"
    ACCOUNT_EXPORT = "account:export"
    ACCOUNT_DELETE = "account:delete"
    ADMIN = "admin:*"


SENTENCES: dict[Scope, tuple[str, str]] = {
    Scope.OPENID: ("ยืนยันว่าเป็นคุณ โดยไม่เปิดเผยชื่อ", "Recognise you without learning your name"),
    Scope.OFFLINE_ACCESS: ("ใช้สิทธิ์ต่อได้เมื่อคุณไม่ได้เปิดแอป", "Keep access while you are not using the app"),
    Scope.PROFILE_READ: ("ดูชื่อที่คุณใช้แสดง", "See your display name"),
    Scope.ACTIVITY_READ: (
        "ดูประเภท วัน ระยะเวลา และพลังงานของการออกกำลังกาย",
        "See the type, day, duration and energy of your workouts",
    ),
    Scope.ACTIVITY_WRITE: ("ส่งบันทึกการออกกำลังกายของคุณเข้าระบบ", "Add workouts to your record"),
    Scope.ROUTE_READ: ("ดูเส้นทางของคุณ ยกเว้นเขตส่วนตัว", "See your routes, except your privacy zones"),
    Scope.HEALTH_READ: ("ดูอัตราการเต้นหัวใจและน้ำหนัก (ข้อมูลสุขภาพ)", "See heart rate and weight (health data)"),
    Scope.HEALTH_WRITE: ("ส่งอัตราการเต้นหัวใจและน้ำหนัก (ข้อมูลสุขภาพ)", "Add heart rate and weight (health data)"),
    Scope.CREDIT_READ: ("ดูเครดิตของคุณ", "See your credits"),
    Scope.CREDIT_AWARD: ("มอบเครดิตให้คุณ", "Award credits to you"),
    Scope.CREDIT_REDEEM: ("ใช้เครดิตของคุณตามที่คุณสั่ง", "Spend your credits when you ask"),
    Scope.CHALLENGE_READ: ("ดูกิจกรรมท้าทายและอันดับ", "See challenges and rankings"),
    Scope.CHALLENGE_MANAGE: ("จัดกิจกรรมท้าทายของตน", "Run its own challenges"),
    Scope.PARTICIPANT_READ: ("ดูนามแฝงและคะแนนของผู้เข้าร่วมที่ยินยอม", "See pseudonym and score of consenting participants"),
    Scope.STATS_READ: ("ดูสถิติรวมที่ไม่ระบุตัวบุคคล", "See totals that name nobody"),
    Scope.STATS_OWN: ("ดูสถิติของบุคลากรในหน่วยงานตามข้อตกลง", "See figures of its own people, by agreement"),
    Scope.WEBHOOK_MANAGE: ("ตั้งปลายทางรับข้อมูลของตน", "Manage its own webhook endpoints"),
    Scope.CONNECTION_MANAGE: ("จัดการการเชื่อมต่อของคุณ", "Manage your connections"),
    Scope.CONSENT_MANAGE: ("จัดการความยินยอมของคุณ", "Manage your consents"),
    Scope.ACCOUNT_EXPORT: ("ขอสำเนาข้อมูลทั้งหมดของคุณ", "Take a copy of all your data"),
    Scope.ACCOUNT_DELETE: ("ลบบัญชีของคุณ", "Delete your account"),
    Scope.ADMIN: ("ดูแลระบบ โดยบันทึกเหตุผลทุกครั้ง", "Administer the system, with a recorded reason"),
}
