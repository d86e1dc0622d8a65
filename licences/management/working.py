"""What a process of its own does for a batch. It begins without Django, so that this module imports nothing of it."""

from uuid import UUID


def issue_until_done(batch: UUID) -> None:
    """Issue chunks until none is left or the batch is stopped."""
    import django

    django.setup()
    # Only now, for there are no models before.
    from licences.batches import issue_chunk
    from licences.models import Batch

    found = Batch.objects.select_related("licence_type", "issuer").get(pk=batch)
    while issue_chunk(found):
        pass
