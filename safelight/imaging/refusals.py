"""Why a picture is not taken in: fixed sentences, so that a file can put no words in our mouth."""

from typing import ClassVar

from safelight.lib.refusals import Refusal


class PictureRefused(Refusal):
    """The bytes were not accepted as a photo. Nothing of them was kept by the decoder."""

    code = "picture_refused"
    status = 422
    sentence: ClassVar[str] = "This file could not be read as a photo."
    advice: ClassVar[str] = "Take the photo again, or ask for it to be sent again."

    def __init__(self) -> None:
        """Say the sentence of the class; it holds nothing that came out of the file."""
        super().__init__(self.sentence, remedy=self.advice)


class PictureKind(PictureRefused):
    """Not one of the five kinds that are opened."""

    code = "picture_kind"
    status = 415
    sentence = "This file is not a kind of photo that Safelight opens."
    advice = "Send it as JPEG, PNG, HEIC, WebP or a single-page TIFF."


class PictureTooLarge(PictureRefused):
    """Over the caps for bytes, pixels or length of a side."""

    code = "picture_too_large"
    status = 413
    sentence = "This photo is larger than Safelight takes: 64 MB, 100 megapixels, 20,000 pixels."
    advice = "Send a smaller version of it."


class PictureDamaged(PictureRefused):
    """Some of its bytes are missing or wrong."""

    code = "picture_damaged"
    sentence = "The photo is damaged or cut short, so it was not filed."


class PictureFrames(PictureRefused):
    """More than one picture, page or frame."""

    code = "picture_frames"
    sentence = "This file holds more than one picture, so it is not clear which one is meant."
    advice = "Send each photo by itself."


class PictureMetadata(PictureRefused):
    """A kind of metadata larger than any camera writes."""

    code = "picture_metadata"
    sentence = "This file carries far more hidden data than a camera writes, so it was not opened."
    advice = "Send a plain copy of the photo."


class PictureStopped(PictureRefused):
    """Decoding was ended: it needed too much time or memory, or did what no decoder does."""

    code = "picture_stopped"
    sentence = "Opening this file was stopped, because it behaved as no photo should."
    advice = "Take the photo again. Tell the person who looks after the server if it happens twice."


class SandboxUnavailable(Refusal):
    """The decoder's sandbox could not be set up. Nothing is decoded without it."""

    code = "sandbox_unavailable"
    status = 503

    def __init__(self) -> None:
        """Say that the photo is safe and who can mend the server."""
        super().__init__(
            "Photos cannot be opened safely on this server at the moment, so none is opened.",
            remedy="The photo is kept, sealed. Tell the person who looks after the server.",
        )


BY_CODE: dict[str, type[PictureRefused]] = {
    kind.code: kind
    for kind in (
        PictureRefused,
        PictureKind,
        PictureTooLarge,
        PictureDamaged,
        PictureFrames,
        PictureMetadata,
        PictureStopped,
    )
}
