// Package iamsts is a stateful double of AWS IAM and STS. It speaks the AWS Query protocol
// over plain HTTP on loopback, so that the real SDK and the real aws command talk to it:
//
//	server, err := iamsts.Start(iamsts.Options{IssuerClient: issuer.Client()})
//	server.AddRole("alice", "/", policy, nil)
//	client := iam.NewFromConfig(server.Config())
//
// What a test can rely on: signatures are verified; permissions of users are evaluated;
// trust policies are validated on the way in and evaluated when a role is assumed, by
// package trusteval; web identity tokens are verified against the issuer's published
// keys; errors have the codes and HTTP statuses by which the SDK knows them. All that a trust policy
// ever was is kept, see History, and every request can be made to fail, see Fault.
//
// Where it is simpler than AWS: changes are visible at once unless a Fault says otherwise;
// a session of an assumed role may do what the role's inline policies allow without a
// condition, and nothing by managed policies, of which only the names are kept; and nothing is
// ever throttled by itself.
package iamsts
