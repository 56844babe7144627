"""S3: blobs in a bucket. The service checks the hash before it answers, and never overwrites."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from safelight.lib.refusals import Refusal
from safelight.vault.blobs import (
    MAX_STORED_BYTES,
    StoreOfAnother,
    StoreUnreachable,
    damaged,
    missing,
    name_of,
    require_name,
    require_whole,
)

GONE = frozenset({"404", "NoSuchKey", "NotFound"})
THERE_ALREADY = frozenset({"412", "PreconditionFailed"})


class S3Store:
    """Sealed blobs in one bucket (security-design, section 4: checksum and If-None-Match)."""

    def __init__(
        self, bucket: str, *, endpoint: str = "", region: str = "", prefix: str = "blobs/"
    ) -> None:
        """Name the bucket. Credentials come from where boto3 looks for them."""
        self.bucket, self.prefix = bucket, prefix
        config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
        self._client: Any = boto3.client(
            "s3", endpoint_url=endpoint or None, region_name=region or None, config=config
        )

    def put(self, data: bytes) -> str:
        """Keep bytes and return their name. The service refuses bytes that changed on the way.

        A name that is there already is read back: its bytes must be these, or it is refused.
        """
        name = name_of(data)
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        try:
            self._client.put_object(
                Bucket=self.bucket,
                Key=self.prefix + name,
                Body=data,
                ChecksumSHA256=digest,
                IfNoneMatch="*",
            )
        except ClientError as trouble:
            if _code(trouble) not in THERE_ALREADY:
                raise _refusal(trouble) from trouble
            self.get(name)
        except BotoCoreError as trouble:
            raise _refusal(trouble) from trouble
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of this name; missing, over-long or changed ones are refused."""
        key = self.prefix + require_name(name)
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=key)
            if answer["ContentLength"] > MAX_STORED_BYTES:
                raise damaged()
            data: bytes = answer["Body"].read()
        except (ClientError, BotoCoreError) as trouble:
            raise _refusal(trouble) from trouble
        return require_whole(data, name)

    def exists(self, name: str) -> bool:
        """Say whether the bucket holds this name; the bytes are not read."""
        try:
            self._client.head_object(Bucket=self.bucket, Key=self.prefix + require_name(name))
        except ClientError as trouble:
            if _code(trouble) in GONE:
                return False
            raise _refusal(trouble) from trouble
        except BotoCoreError as trouble:
            raise _refusal(trouble) from trouble
        return True

    def delete(self, name: str) -> bool:
        """Remove a blob; say whether it was there."""
        if not self.exists(name):
            return False
        self._remove(self.prefix + name)
        return True

    def names(self) -> Iterator[str]:
        """Give the name of every object under the prefix; the service lists them in order."""
        yield from self._keys(self.prefix)

    def put_at(self, name: str) -> float:
        """Return when the object was written, by the service's clock."""
        try:
            found = self._client.head_object(
                Bucket=self.bucket, Key=self.prefix + require_name(name)
            )
        except (ClientError, BotoCoreError) as trouble:
            raise _refusal(trouble) from trouble
        written: datetime = found["LastModified"]
        return written.timestamp()

    def set_aside(self, name: str, *, at: float) -> None:
        """Move a blob under the prefix beside, under the time; nobody reads it there."""
        require_name(name)
        self._move(self.prefix + name, f"{self._beside}{int(at)}-{name}")

    def aside(self) -> Iterator[tuple[str, float]]:
        """Give every blob that was set aside, and when."""
        for found in self._keys(self._beside):
            since, _, name = found.partition("-")
            if since.isdigit():
                yield name, float(since)

    def bring_back(self, name: str) -> None:
        """Move a blob that was set aside back into its place."""
        for key in self._aside(name):
            self._move(key, self.prefix + name)

    def drop_aside(self, name: str) -> None:
        """Remove a blob that was set aside."""
        for key in self._aside(name):
            self._remove(key)

    def sweep(self, *, now: float) -> int:
        """Remove nothing: the service keeps a whole object or none."""
        return 0

    def require_owner(self, owner: str) -> None:
        """Refuse a bucket that bears another installation's mark; mark one that bears none.

        The service writes the mark only where there is none, so of two that ask at once one wins.
        """
        key = f"{self.prefix.rstrip('/')}-owner"
        mark = owner.encode()
        try:
            self._client.put_object(Bucket=self.bucket, Key=key, Body=mark, IfNoneMatch="*")
        except ClientError as trouble:
            if _code(trouble) not in THERE_ALREADY:
                raise _refusal(trouble) from trouble
            if self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read() != mark:
                raise StoreOfAnother from None
        except BotoCoreError as trouble:
            raise _refusal(trouble) from trouble

    @property
    def _beside(self) -> str:
        return f"{self.prefix.rstrip('/')}-aside/"

    def _aside(self, name: str) -> list[str]:
        require_name(name)
        return [f"{self._beside}{int(at)}-{one}" for one, at in self.aside() if one == name]

    def _move(self, here: str, there: str) -> None:
        """Copy an object, then remove the first: a failure between leaves two, never none."""
        source = {"Bucket": self.bucket, "Key": here}
        try:
            self._client.copy_object(Bucket=self.bucket, Key=there, CopySource=source)
        except ClientError as trouble:
            if _code(trouble) in GONE:
                return  # another worker moved it a moment ago
            raise _refusal(trouble) from trouble
        except BotoCoreError as trouble:
            raise _refusal(trouble) from trouble
        self._remove(here)

    def _remove(self, key: str) -> None:
        try:
            self._client.delete_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as trouble:
            raise _refusal(trouble) from trouble

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for found in page.get("Contents", []):
                    yield found["Key"].removeprefix(prefix)
        except (ClientError, BotoCoreError) as trouble:
            raise _refusal(trouble) from trouble


def _code(trouble: ClientError) -> str:
    return str(trouble.response.get("Error", {}).get("Code", ""))


def _refusal(trouble: ClientError | BotoCoreError) -> Refusal:
    """Return what a failed call means. A service's own words may name keys: they stay out."""
    if isinstance(trouble, ClientError) and _code(trouble) in GONE:
        return missing()
    return StoreUnreachable(
        "The photo store did not answer as it should. Nothing was changed.",
        remedy="Try again in a minute; then ask whoever runs the server.",
    )
