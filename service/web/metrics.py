"""The requests in numbers, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


class Meters:
    """One application's counters."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "retrace_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "retrace_request_seconds", "How long requests took", ["method", "route"], registry=self.registry
        )
        self.in_progress = Gauge("retrace_requests_in_progress", "Requests under way", registry=self.registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one answered request."""
        known = method if method in _METHODS else "other"  # a client may invent methods without end
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)
