// Package gcpworkloadidentity is the plugin WorkloadIdentity: it lets service accounts of a
// Profile's namespace use a Google service account, by Workload Identity Federation for GKE.
//
// The Kubernetes service account gets the annotation iam.gke.io/gcp-service-account, by
// which GKE's metadata server knows whose tokens to give to pods; and, unless annotateOnly
// is set, the allow policy of the Google service account gives the role
// roles/iam.workloadIdentityUser to the member
// serviceAccount:<pool project>.svc.id.goog[<profile>/<account>].
//
// # Policies are shared
//
// A policy is read, changed and written as a whole, and is written with the etag of what was
// read, so that IAM refuses it when somebody else was faster (HTTP 409); it is then read
// again. All edits of one Google service account go through one queue, so that wishes that
// wait together become one read and one write. The policy is asked for in version 3, without
// which conditions would be hidden, and is written in it, without which they would be lost.
// What is not ours in it passes through as bytes: see policy.
//
// # The pool
//
// Who is meant by <profile>/<account> depends on the workload identity pool. It is that of
// the project that the Profile names as identityNamespace, else the one that the controller
// was started with, else that of the controller's own credentials, else that of the Google
// service account. It is recorded with the binding, so that what was granted can be taken
// back when that changes.
package gcpworkloadidentity
