// Package docs holds the documents against the product. Every command in a document of the repository
// is run by a shell, in which the programs that reach for a cluster or a cloud are stand-ins: kubectl is
// the real one on a real control plane, with dry runs where a verb has them, and so is its plugin
// profile; aws asks the double of IAM, and what cannot run here is in a list with the reason. Profiles
// are carried out with the roles that their page makes, other manifests are shown to the API server, and
// the notebooks run; links, flags, metrics and fields have to be there. A document with a command that
// nobody knows fails.
package docs
