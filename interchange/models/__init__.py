from interchange.models.feed_import import FeedFile, FeedImport, FeedRowError

__all__ = ["FeedFile", "FeedImport", "FeedRowError"]
