package azureworkloadidentity

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// DefaultAudience is that of tokens that the webhook of azure-workload-identity mounts
// into pods, and the only one that Microsoft recommends.
const DefaultAudience = "api://AzureADTokenExchange"

// grant is the content of one federated identity credential of ours: who can be the
// identity.
type grant struct {
	issuer, subject, audience string
	// name is that of the credential. It begins with words for people and ends with a
	// digest of issuer and subject, so that it is another one for each cluster, namespace
	// and account, and nobody makes one of that name by accident.
	name string
}

func grantFor(issuer, audience, profile, account string) grant {
	subject := "system:serviceaccount:" + profile + ":" + account
	return grant{issuer: issuer, subject: subject, audience: audience, name: nameFor(issuer, subject)}
}

// Azure allows 3 to 120 letters, digits, hyphens and underscores, of which the first is a
// letter or digit (armmsi's description of federatedIdentityCredentialResourceName in the
// API specification).
const (
	namePrefix   = "kubeflow-"
	longestWords = 70
	digestBytes  = 16
)

// nameFor is the name of our credential for a subject of an issuer.
func nameFor(issuer, subject string) string {
	digest := sha256.Sum256([]byte(issuer + "\n" + subject))
	words := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, strings.TrimPrefix(subject, "system:serviceaccount:"))
	return namePrefix + words[:min(len(words), longestWords)] + "-" + hex.EncodeToString(digest[:digestBytes])
}
