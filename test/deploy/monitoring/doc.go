// Package monitoring reads the alert rules and the dashboard, and finds the metrics that they ask
// for. Its tests hold these against what the programs register, and try each alert on series that
// should and that should not set it off, with Prometheus's own engine.
package monitoring
