// Package awsirsa is the plugin AwsIamForServiceAccount: it lets service accounts of a
// Profile's namespace assume an AWS role through IAM roles for service accounts (IRSA).
//
// The account gets the annotation eks.amazonaws.com/role-arn, by which the EKS pod identity
// webhook knows which role to offer to pods; and, unless annotateOnly is set, the role's
// trust policy gets the subject system:serviceaccount:<profile>:<account> for the cluster's
// token issuer.
//
// # Roles are shared
//
// IAM replaces a trust policy as a whole and has no compare-and-swap: the last writer
// wins. So all edits of a role go through one queue, see package edits. Edits that wait
// together become one read, one write, and a read to verify. What is written is computed
// by package trustpolicy, which loses nothing and opens nothing.
//
// # IAM is eventually consistent and rationed
//
// A read may show a policy from before the last write. Editing that would undo the write,
// so the queue is told how to recognize a policy that was replaced, and for how long IAM
// may show it, see DefaultTiming. Requests are rationed for the account as a whole.
package awsirsa
