import signal

import pytest

from app import serving
from app.settings import BadSettings, Settings


def test_port_zero_takes_a_free_port():
    with serving.bound(Settings(port=0)) as sock:
        assert sock.getsockname()[1] > 0


def test_a_port_in_use_is_refused_with_the_name_of_the_setting():
    with serving.bound(Settings(port=0)) as sock:
        taken = Settings(port=sock.getsockname()[1])

        with pytest.raises(BadSettings, match="CCC_PORT"):
            serving.bound(taken)


def test_an_address_that_is_not_ours_is_refused():
    with pytest.raises(BadSettings, match=r"192\.0\.2\.1"):
        serving.bound(Settings(host="192.0.2.1", port=0))


def test_a_request_to_terminate_ends_blocks_in_order():
    ended = []

    def terminated() -> None:
        with serving.terminable():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                ended.append("cleaned up")

    with pytest.raises(SystemExit) as end:
        terminated()

    assert (end.value.code, ended) == (143, ["cleaned up"])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
