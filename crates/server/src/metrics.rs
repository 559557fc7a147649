//! Counters and durations of requests, in Prometheus' text form.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The recorder of this process; installed at the first call.
pub(crate) fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Somebody else's recorder may be installed already (a test); then this one stays empty.
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("metrics are recorded elsewhere");
            }
            handle
        })
        .clone()
}

/// Counts a request.
pub(crate) fn request(operation: &'static str, status: u16, took: Duration) {
    metrics::counter!("regatta_http_requests_total", "operation" => operation, "status" => status.to_string()).increment(1);
    metrics::histogram!("regatta_http_request_seconds", "operation" => operation)
        .record(took.as_secs_f64());
}
