package iamsts

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

type credentialsXML struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

type assumedRoleUser struct {
	AssumedRoleID string `xml:"AssumedRoleId"`
	ARN           string `xml:"Arn"`
}

type webIdentityResult struct {
	Credentials                 credentialsXML
	SubjectFromWebIdentityToken string
	AssumedRoleUser             assumedRoleUser
	Provider                    string
	Audience                    string
}

var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// assumeRoleWithWebIdentity verifies the token, then asks the role's trust policy. A role
// that does not exist is refused as one that does not want the token.
func (s *Server) assumeRoleWithWebIdentity(c *call) (any, error) {
	name := c.parameters.Get("RoleSessionName")
	if !sessionName.MatchString(name) {
		return nil, invalid("roleSessionName", name, `Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	}
	lifetime, err := sessionLifetime(c.parameters.Get("DurationSeconds"))
	if err != nil {
		return nil, err
	}
	identity, err := s.verifyToken(c.parameters.Get("WebIdentityToken"), c.now)
	if err != nil {
		return nil, err
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, ok := s.account.roles[c.Role]
	if !ok || r.arn != c.parameters.Get("RoleArn") || !identity.admitted(s.account.policy(r.name, c.stale)) {
		return nil, apiError{http.StatusForbidden, accessDenied, "Not authorized to perform sts:AssumeRoleWithWebIdentity"}
	}
	if lifetime > time.Duration(r.maxSession)*time.Second {
		return nil, apiError{http.StatusBadRequest, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}
	}
	session := s.account.startSession(r, name, c.now.Add(lifetime))
	return webIdentityResult{
		Credentials: credentialsXML{
			session.credentials.AccessKeyID, session.credentials.SecretAccessKey, session.credentials.SessionToken, timestamp(session.expires)},
		SubjectFromWebIdentityToken: identity.subject,
		AssumedRoleUser:             assumedRoleUser{session.id, session.arn},
		Provider:                    identity.provider.arn,
		Audience:                    identity.audiences[0],
	}, nil
}

func sessionLifetime(seconds string) (time.Duration, error) {
	if seconds == "" {
		return time.Hour, nil
	}
	n, err := strconv.Atoi(seconds)
	if err != nil || n < 900 || n > 43200 {
		return 0, invalid("durationSeconds", seconds, "Member must have value between 900 and 43200")
	}
	return time.Duration(n) * time.Second, nil
}

// webIdentity is what a verified token says.
type webIdentity struct {
	provider provider
	subject  string
	// audiences are those of the token that the provider takes.
	audiences []string
}

// admitted tells whether a trust policy lets the token in, with any of its audiences.
func (w webIdentity) admitted(policy string) bool {
	judge := trusteval.Evaluate([]byte(policy))
	return slices.ContainsFunc(w.audiences, func(audience string) bool {
		return judge.Admits(trusteval.Identity{
			Provider: w.provider.arn, Issuer: w.provider.url, Subject: w.subject, Anonymous: w.subject == "", Audience: audience,
		})
	})
}

// startSession makes temporary credentials for a role. They sign requests, and may do what the
// role's own policies allow at the time of each request.
func (a *account) startSession(r *role, name string, expires time.Time) signer {
	session := signer{
		credentials: Credentials{AccessKeyID: newID("ASIA"), SecretAccessKey: rand.Text() + rand.Text(), SessionToken: strings.Repeat(rand.Text(), 2)},
		expires:     expires.Truncate(time.Second),
		role:        r,
	}
	session.accessKey = session.credentials.AccessKeyID
	session.id = r.id + ":" + name
	session.arn = a.arn("sts", "assumed-role/"+r.name+"/"+name)
	a.signers[session.accessKey] = session
	return session
}

type callerIdentityResult struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string
}

func (s *Server) getCallerIdentity(c *call) (any, error) {
	return callerIdentityResult{c.caller.arn, c.caller.id, s.account.id}, nil
}
