"""A finding, and what an error that a check meets becomes."""

import pytest

from coin_models.diagnostics.findings import Finding, Level, examined
from coin_models.errors import StoreRefused, StoreUnavailable


def test_a_finding_that_is_not_ok_needs_advice() -> None:
    with pytest.raises(ValueError, match="needs advice"):
        Finding(name="store", level=Level.WARNING, text="slow")


def test_an_error_met_by_a_check_becomes_its_finding() -> None:
    def refuse() -> Finding:
        raise StoreRefused("bucket 'x' does not exist")

    finding = examined("store", refuse)

    assert (finding.name, finding.level, finding.text) == ("store", Level.ERROR, "bucket 'x' does not exist")


def test_an_error_that_may_pass_is_advised_to_be_tried_again() -> None:
    def time_out() -> Finding:
        raise StoreUnavailable("no answer in 2 s")

    assert "retry in a minute" in examined("store", time_out).advice


def test_an_error_of_the_operating_system_is_a_finding_with_its_kind() -> None:
    def refuse() -> Finding:
        raise PermissionError(13, "Permission denied")

    assert examined("disk", refuse).to_json() == {
        "check": "disk",
        "level": "error",
        "text": "PermissionError: Permission denied",
        "advice": "check that the path or address can be used",
    }


def test_a_fault_of_the_code_is_not_hidden_in_a_finding() -> None:
    def fail() -> Finding:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        examined("disk", fail)
