// Package eks is a stateful double of the EKS API, as far as EKS Pod Identity needs it:
// associations, their tags, and who is the cluster. It speaks AWS's REST-JSON over plain
// HTTP on loopback, so that the real SDK talks to it:
//
//	account, err := iamsts.Start(iamsts.Options{})
//	server, err := eks.Start(eks.Options{Account: account})
//	server.AddCluster("prod", "https://oidc.example.com/id/prod")
//	client := sdk.NewFromConfig(server.Config())
//
// It belongs to an account of package iamsts: that account's users sign the requests and
// need its permissions, and only its roles can be associated.
//
// What a test can rely on: signatures are verified; permissions are evaluated, iam:PassRole
// included; a role must exist and trust pods.eks.amazonaws.com when it is associated; a
// service account has one association; lists come in pages; client request tokens make
// creation idempotent; errors are those by whose types the SDK knows them. Each state that
// an association ever had is kept, see Changes, and every request can be made to fail, see
// Fault.
//
// Shapes and limits are from the SDK's documentation of EKS; the words of refusals are
// those that users report.
package eks
