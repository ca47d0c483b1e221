package iamsts

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Credentials sign requests.
type Credentials struct {
	AccessKeyID, SecretAccessKey string
	// SessionToken belongs to temporary credentials.
	SessionToken string
}

func (c Credentials) sdk() aws.Credentials {
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// The keys that AWS uses as an example everywhere in its documentation.
const (
	exampleUser      = "example"
	exampleAccessKey = "AKIAIOSFODNN7EXAMPLE"
	exampleSecret    = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// Credentials are those of a user who may do everything in the account. They are the
// keys of AWS's own documentation and no secret.
func (s *Server) Credentials() Credentials {
	return Credentials{AccessKeyID: exampleAccessKey, SecretAccessKey: exampleSecret}
}

// Permission allows actions on resources, both with the wildcards of IAM policies.
type Permission struct {
	// Actions are such as iam:GetRole and iam:*.
	Actions []string
	// Resources are ARNs, or * for all.
	Resources []string
}

// AddUser adds a user who may do what the permissions say and nothing else, and returns
// credentials for it.
func (s *Server) AddUser(name string, permissions ...Permission) Credentials {
	c := Credentials{AccessKeyID: newID("AKIA"), SecretAccessKey: rand.Text() + rand.Text()}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	s.account.addUser(name, c, permissions)
	return c
}

func (a *account) addUser(name string, c Credentials, permissions []Permission) {
	a.signers[c.AccessKeyID] = signer{
		credentials: c,
		principal:   principal{accessKey: c.AccessKeyID, id: newID("AIDA"), arn: a.arn("iam", "user/"+name), permissions: permissions},
	}
}

// signer is somebody whose signature is known: a user, or the session of a role.
type signer struct {
	principal
	credentials Credentials
	// expires is zero for users.
	expires time.Time
	// role is nil for users.
	role *role
}

// newID makes an identifier as AWS does, with a prefix for its kind.
func newID(prefix string) string {
	var random [11]byte
	_, _ = rand.Read(random[:])
	return prefix + base32.StdEncoding.EncodeToString(random[:])[:16]
}

func (a *account) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", a.partition, service, a.id, resource)
}
