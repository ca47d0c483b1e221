// Package azuremsi is a stateful double of the part of Azure Resource Manager that has
// user-assigned managed identities and their federated identity credentials. Requests are
// read and answers written by Microsoft's own fake transport (armmsi/fake), served over
// HTTP on loopback, so that the real SDK talks to it through any transport:
//
//	server := azuremsi.Start(azuremsi.Options{})
//	alice := server.AddIdentity("alice")
//	client, err := armmsi.NewFederatedIdentityCredentialsClient(azuremsi.Subscription, server.Credential(), server.ClientOptions())
//
// What a test can rely on: tokens are looked at and so are the rights of whoever has them;
// names are compared without regard to case, as Resource Manager does; credentials are
// validated on the way in by the rules of Microsoft's page "Important considerations and
// restrictions for federated identity credentials": the form of names, exactly one
// audience, a pair of issuer and subject once in an identity, at most 20 credentials, and
// no two writes at the same time on one identity. All states that an identity ever had are
// kept, see History, and every request can be made to fail, see Fault. Messages of errors
// end with an ID that is never the same twice, as those of Azure have.
//
// Where it is simpler than Azure: changes are visible at once unless a Fault says
// otherwise, nothing is throttled by itself, and who has a right has it on all identities.
// That page gives no code for most errors; they have BadRequest here.
package azuremsi
