// Package kfam is the access-management API over HTTP, as the Kubeflow dashboard speaks
// it: who is calling is found out by package caller, who may do what and how it is written
// to the cluster is package access's; here are routes, wire formats and status codes.
//
// Errors are plain text, one sentence that says what to do, because the dashboard shows
// them as they come. What went wrong inside goes to the log and never to the client.
package kfam
