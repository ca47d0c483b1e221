// Package gcpiam is a stateful double of the part of Google Cloud IAM that decides who may
// use a service account: the methods getIamPolicy and setIamPolicy of
// projects.serviceAccounts, and the endpoint that gives access tokens for the keys of
// service accounts. It speaks REST over plain HTTP on loopback, so that Google's own client
// library talks to it:
//
//	server, err := gcpiam.Start(gcpiam.Options{})
//	server.AddServiceAccount("team@kubeflow-prod.iam.gserviceaccount.com", `{}`)
//	iam.NewService(ctx, option.WithEndpoint(server.URL()), option.WithAuthCredentialsJSON(option.ServiceAccount, server.Key().JSON()))
//
// What a test can rely on: access tokens are given for signed assertions only and are asked
// for with each request; permissions of callers are evaluated; fields that IAM does not have
// are refused; a policy is written only with the etag of the one that it replaces; conditions
// are hidden from those who do not ask for version 3, and cannot be lost by one who does not
// say version 3; a policy has at most 1,500 principals, no empty bindings, and no
// members of workload identity pools that do not exist. Errors have the statuses and details
// by which the library knows them. All that a policy ever was is kept, see History, and every
// request can be made to fail, see Fault.
//
// Where it is stricter than Google: a write without an etag is refused, because it would
// overwrite what it never saw. Where it is simpler: changes are visible at once unless a
// Fault says otherwise, roles are not looked up, members other than those of pools need not
// exist, and nothing is ever throttled by itself.
//
// The rules are those of the reference of the method and of the type Policy, as
// google.golang.org/api/iam/v1 has them in its comments, and of Google's pages "Policy
// versions" and "Quotas and limits" of IAM.
package gcpiam
