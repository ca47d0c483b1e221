//go:build e2eaws

package e2eaws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// handMade are trust policies that people wrote, for other clusters and other purposes too.
// HOME and AWAY stand for the ARNs of the providers, home and away for their
// condition keys. Where the editor adds something there are lists already: to make one of a
// single value it writes a space, which does not reach the gateway. who tells which accounts get in as the policy stands; a name of the form
// away/<namespace> is one of the other cluster.
var handMade = []struct {
	name   string
	policy string
	who    map[string]bool
}{{
	name: "several statements",
	policy: `{
  "Version": "2012-10-17", "Id": "kept",
  "Statement": [
    {"Sid": "People", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::123456789012:user/somebody"]}, "Action": "sts:AssumeRole"},
    {"Sid": "Listed", "Effect": "Allow", "Principal": {"Federated": ["HOME"]}, "Action": ["sts:AssumeRoleWithWebIdentity"],
      "Condition": {"StringEquals": {"home:sub": ["system:serviceaccount:listed:default-editor"], "home:aud": ["sts.amazonaws.com"]}}},
    {"Sid": "Pattern", "Effect": "Allow", "Principal": {"Federated": "HOME"}, "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringLike": {"home:sub": "system:serviceaccount:like-*:default-editor"}, "StringEquals": {"home:aud": "sts.amazonaws.com"}}},
    {"Sid": "OtherCluster", "Effect": "Allow", "Principal": {"Federated": "AWAY"}, "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringEquals": {"away:sub": ["system:serviceaccount:abroad:default-editor"], "away:aud": "sts.amazonaws.com"}}},
    {"Sid": "Banned", "Effect": "Deny", "Principal": {"Federated": "HOME"}, "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringEquals": {"home:sub": "system:serviceaccount:like-banned:default-editor"}}}
  ]
}`,
	who: map[string]bool{"listed": true, "like-team": true, "like-banned": false, "away/abroad": true, "away/listed": false, "abroad": false},
}, {
	name: "the other cluster's alone",
	policy: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "AWAY"}, "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {"StringLike": {"away:sub": ["system:serviceaccount:abroad:*"]}, "StringEquals": {"away:aud": "sts.amazonaws.com"}}}]}`,
	who: map[string]bool{"away/abroad": true, "abroad": false, "listed": false},
}, {
	name: "both clusters in one statement",
	policy: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": ["HOME", "AWAY"]}, "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {"StringEquals": {"home:sub": "system:serviceaccount:listed:default-editor"}}}]}`,
	who: map[string]bool{"listed": true, "away/listed": false, "like-team": false},
}, {
	name:   "people alone",
	policy: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/somebody"}, "Action": "sts:AssumeRole"}]}`,
	who:    map[string]bool{"listed": false, "away/abroad": false},
}}

// TestAHandMadeRoleKeepsWhatPeopleWrote grants somebody new a role of each kind and takes
// it back: nobody else's way in changes, and in the end not one byte has.
func TestAHandMadeRoleKeepsWhatPeopleWrote(t *testing.T) {
	createAccounts(t, "listed", "like-team", "like-banned", "abroad", "newcomer")
	newcomer := home.tokenOf(t, "newcomer", editor, audience)
	for i, shape := range handMade {
		t.Run(shape.name, func(t *testing.T) {
			r := createRole(t, fmt.Sprint("hand-made-", i), withProviders(shape.policy))
			before := r.trustPolicy()
			r.mustAdmitOnly(shape.who)
			r.mustRefuse("newcomer", newcomer)

			r.grant(home, subject("newcomer"))
			r.mustAdmit("newcomer", newcomer)
			r.mustAdmitOnly(shape.who)
			mustKeepStatements(t, before, r.trustPolicy())

			r.revoke(home, subject("newcomer"))
			r.mustRefuse("newcomer", newcomer)
			r.mustAdmitOnly(shape.who)
			mustEqual(t, "the trust policy in the end", r.trustPolicy(), before)
		})
	}
}

// TestRevokingTheLastOfAHandMadeStatementClosesIt takes out somebody whom people, and not
// the editor, let in. Their statement stays, and lets nobody in.
func TestRevokingTheLastOfAHandMadeStatementClosesIt(t *testing.T) {
	createAccounts(t, "last", "never")
	r := createRole(t, "hand-made-last", withProviders(strings.ReplaceAll(handMade[0].policy, "listed", "last")))
	before := r.trustPolicy()
	r.revoke(home, subject("last"))
	r.mustAdmitOnly(map[string]bool{"last": false, "never": false, "away/abroad": true})
	mustKeepStatements(t, before, r.trustPolicy())

	r.grant(home, subject("last"))
	r.mustAdmitOnly(map[string]bool{"last": true, "never": false, "away/abroad": true})
	mustEqual(t, "the trust policy in the end", r.trustPolicy(), before)
}

func withProviders(policy string) string {
	return strings.NewReplacer("HOME", home.provider().ARN, "AWAY", away.provider().ARN,
		"home:", home.provider().Issuer+":", "away:", away.provider().Issuer+":").Replace(policy)
}

// mustAdmitOnly tries the accounts and fails the test unless just those get in that should.
func (r *role) mustAdmitOnly(who map[string]bool) {
	r.t.Helper()
	for account, in := range who {
		namespace, abroad := strings.CutPrefix(account, "away/")
		of := home
		if abroad {
			of = away
		}
		token := of.tokenOf(r.t, namespace, editor, audience)
		if in {
			r.mustAdmit(account, token)
		} else {
			r.mustRefuse(account, token)
		}
	}
}

// mustKeepStatements fails the test unless each statement of before is still there to the
// byte, except those that list subjects of the home cluster by name.
func mustKeepStatements(t *testing.T, before, after string) {
	t.Helper()
	kept := statementsOf(t, after)
	for _, statement := range statementsOf(t, before) {
		if !strings.Contains(statement, `"Listed"`) && !slices.Contains(kept, statement) {
			t.Errorf("this statement is not in the trust policy any more:\n%s\nwhich is now:\n%s", statement, after)
		}
	}
}

// statementsOf returns the texts of a policy's statements.
func statementsOf(t *testing.T, policy string) []string {
	t.Helper()
	var outer struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &outer); err != nil {
		t.Fatalf("read the trust policy: %v\n%s", err, policy)
	}
	var several []json.RawMessage
	if json.Unmarshal(outer.Statement, &several) != nil {
		return []string{string(outer.Statement)}
	}
	texts := make([]string, len(several))
	for i, statement := range several {
		texts[i] = string(statement)
	}
	return texts
}
