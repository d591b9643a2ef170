"""Which instance this is, as the metadata service tells it."""

from .answer import NoAnswer
from .metadata import Metadata
from .notice import INSTANCE_ID

PATH = "/latest/meta-data/instance-id"


class Unidentified(Exception):
    """Why it is not known, in words for the user."""


def instance_id_of(metadata: Metadata) -> str:
    """Raises Unidentified."""
    nothing = "the metadata service does not say which instance this is"
    try:
        answer = metadata.get(PATH)
    except NoAnswer as error:
        raise Unidentified(f"{nothing}: {error}") from error
    said = answer.body.strip()
    if answer.status != 200 or not INSTANCE_ID.fullmatch(said):
        raise Unidentified(f"{nothing}: HTTP {answer.status}, {ascii(said[:40])}")
    return said
