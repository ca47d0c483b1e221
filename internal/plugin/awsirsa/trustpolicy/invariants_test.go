package trustpolicy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// fataler is what a test, a fuzz target and a rapid property have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

var _ fataler = (*testing.T)(nil)

// checkGrant grants and holds the result against all that Grant promises. It returns the
// result, or nil when the policy was refused.
func checkGrant(t fataler, policy []byte, audience string, subjects []string) []byte {
	t.Helper()
	input := bytes.Clone(policy)
	out, err := Grant(policy, ours, audience, subjects)
	if !bytes.Equal(policy, input) {
		t.Fatalf("Grant wrote into its input")
	}
	if err != nil {
		if out != nil {
			t.Fatalf("Grant gave output with an error: %s", out)
		}
		return nil
	}
	again, err := Grant(out, ours, audience, subjects)
	if err != nil || !bytes.Equal(again, out) {
		t.Fatalf("a second Grant changes\n%s\nto\n%s, %v", out, again, err)
	}
	before, after := trusteval.Evaluate(policy), trusteval.Evaluate(out)
	wasOpen, err := Open(policy, ours)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	for _, id := range universe(subjects, audience, policy, out) {
		asked := id.Provider == ours.ARN && !id.Anonymous && id.Action == "" && slices.Contains(subjects, id.Subject) && id.Audience == audience
		was, is := before.Admits(id), after.Admits(id)
		if is && !was && !asked {
			t.Fatalf("Grant lets in\n%v\nwho was not asked for:\n%s\n%s", id, policy, out)
		}
		closedOut := wasOpen && id.Provider == ours.ARN
		if was && !is && !closedOut {
			t.Fatalf("Grant keeps out\n%v\nalthough nothing was open:\n%s\n%s", id, policy, out)
		}
		if asked && !after.Allows(id) {
			t.Fatalf("Grant does not let in\n%v\nwho was asked for:\n%s\n%s", id, policy, out)
		}
	}
	checkGrantedStatements(t, policy, out, audience, len(subjects) > 0)
	checkOpenIsSound(t, out)
	checkUndo(t, policy, out, subjects)
	return out
}

// checkGrantedStatements holds the text of a grant against the text before.
func checkGrantedStatements(t fataler, policy, out []byte, audience string, granted bool) {
	t.Helper()
	was, restWas := takeApart(policy)
	is, restIs := takeApart(out)
	if restWas != restIs {
		t.Fatalf("Grant changed what is around the statements:\n%s\n%s", policy, out)
	}
	if len(is) < len(was) || len(is) > len(was)+1 {
		t.Fatalf("Grant made %d statements of %d:\n%s\n%s", len(is), len(was), policy, out)
	}
	for i := range is {
		switch {
		case i == len(was):
			if !isOurs(is[i]) {
				t.Fatalf("Grant added a statement without a Sid of ours: %s", is[i])
			}
			checkSid(t, is, i)
		case !isEditOf(was[i], is[i], audience):
			t.Fatalf("Grant changed what is not its own:\n%s\n%s", was[i], is[i])
		case was[i] != is[i] && isCareful(was[i]):
			t.Fatalf("Grant joined careful operators:\n%s\n%s", was[i], is[i])
		case was[i] != is[i] && !isForOursAlone(was[i]):
			t.Fatalf("Grant edited what is also for others:\n%s\n%s", was[i], is[i])
		case granted && isGuideMade(is[i]):
			t.Fatalf("Grant did not close\n%s", is[i])
		}
		if i == len(was) || was[i] != is[i] {
			checkClosed(t, is[i], audience)
		}
	}
	if !isSubsequence(withoutNobody(policy), out) {
		t.Fatalf("Grant did not only insert:\n%s\n%s", policy, out)
	}
}

// checkSid wants a new statement's Sid to be its own, and of letters and digits.
func checkSid(t fataler, statements []string, added int) {
	t.Helper()
	sids := make([]string, len(statements))
	for i, statement := range statements {
		var s struct{ Sid any }
		_ = json.Unmarshal([]byte(statement), &s)
		sids[i], _ = s.Sid.(string)
	}
	sid := sids[added]
	if strings.Trim(sid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" || slices.Index(sids, sid) != added {
		t.Fatalf("the new statement's Sid is %q, among %q", sid, sids)
	}
}

// checkClosed wants a statement that was touched not to admit all subjects of ours.
func checkClosed(t fataler, statement, audience string) {
	t.Helper()
	if admitsAll(statement, audience) {
		t.Fatalf("a statement that was touched is open: %s", statement)
	}
}

// admitsAll tells whether a statement by itself admits all of unnamed.
func admitsAll(statement, audience string) bool {
	policy := []byte(`{"Statement":` + statement + `}`)
	judge := trusteval.Evaluate(policy)
	admitted := map[string]int{}
	for _, id := range universe(nil, audience, policy) {
		if id.Provider == ours.ARN && id.Action == "" && slices.Contains(unnamed, id.Subject) && judge.Allows(id) {
			circumstance := id.Audience
			if len(id.Context) > 0 {
				circumstance += " and more"
			}
			if admitted[circumstance]++; admitted[circumstance] == len(unnamed) {
				return true
			}
		}
	}
	return false
}

// checkOpenIsSound wants Open to notice every statement that admits everybody.
func checkOpenIsSound(t fataler, policy []byte) {
	t.Helper()
	open, err := Open(policy, ours)
	if err != nil {
		t.Fatalf("Open of our own output: %v", err)
	}
	statements, _ := takeApart(policy)
	for _, statement := range statements {
		if !open && admitsAll(statement, DefaultAudience) {
			t.Fatalf("Open does not see\n%s", statement)
		}
	}
}

// checkUndo takes a grant back and wants the very bytes from before it, except where the
// package's documentation says otherwise.
func checkUndo(t fataler, policy, out []byte, subjects []string) {
	t.Helper()
	back, err := Revoke(out, ours, subjects)
	if err != nil {
		t.Fatalf("Revoke of a Grant: %v\n%s", err, out)
	}
	if undoIsInexact(policy, subjects) {
		return
	}
	if !bytes.Equal(back, policy) {
		t.Fatalf("Revoke does not undo Grant:\n%s\n%s\n%s", policy, out, back)
	}
}

// undoIsInexact lists the documented exceptions.
func undoIsInexact(raw []byte, subjects []string) bool {
	pol, err := parsePolicy(raw, ours)
	if err != nil || len(pol.statements) == 0 {
		return true
	}
	for _, s := range pol.statements {
		if s.isClosable() {
			return true
		}
		for _, c := range s.conditions {
			for _, value := range c.values.each() {
				respelled := value.text == Nobody && pol.source(value) != quote(Nobody)
				if slices.Contains(subjects, value.text) || respelled || pol.isOwn(s) && value.text == Nobody {
					return true
				}
			}
		}
	}
	return false
}

// checkRevoke revokes and holds the result against all that Revoke promises.
func checkRevoke(t fataler, policy []byte, subjects []string) []byte {
	t.Helper()
	input := bytes.Clone(policy)
	out, err := Revoke(policy, ours, subjects)
	if !bytes.Equal(policy, input) {
		t.Fatalf("Revoke wrote into its input")
	}
	if err != nil {
		if out != nil {
			t.Fatalf("Revoke gave output with an error: %s", out)
		}
		return nil
	}
	again, err := Revoke(out, ours, subjects)
	if err != nil || !bytes.Equal(again, out) {
		t.Fatalf("a second Revoke changes\n%s\nto\n%s, %v", out, again, err)
	}
	before, after := trusteval.Evaluate(policy), trusteval.Evaluate(out)
	for _, id := range universe(subjects, DefaultAudience, policy, out) {
		revoked := id.Provider == ours.ARN && slices.Contains(subjects, id.Subject)
		was, is := before.Admits(id), after.Admits(id)
		if is && !was {
			t.Fatalf("Revoke lets in\n%v\n%s\n%s", id, policy, out)
		}
		if was && !is && !revoked {
			t.Fatalf("Revoke keeps out\n%v\nwho was not revoked:\n%s\n%s", id, policy, out)
		}
	}
	checkRevokedStatements(t, policy, out)
	checkRevoked(t, out, subjects)
	checkOpenIsSound(t, out)
	return out
}

// checkRevokedStatements holds the text after a revocation against the text before.
func checkRevokedStatements(t fataler, policy, out []byte) {
	t.Helper()
	was, restWas := takeApart(policy)
	is, restIs := takeApart(out)
	if restWas != restIs {
		t.Fatalf("Revoke changed what is around the statements:\n%s\n%s", policy, out)
	}
	if len(was) > 0 && len(is) == 0 {
		t.Fatalf("Revoke left no statement:\n%s\n%s", policy, out)
	}
	for _, statement := range was {
		switch {
		case len(is) > 0 && isEditOf(statement, is[0], ""):
			if statement != is[0] {
				checkClosed(t, is[0], DefaultAudience)
			}
			is = is[1:]
		case !isOurs(statement):
			t.Fatalf("Revoke changed what is not its own: %s\n%s\n%s", statement, policy, out)
		}
	}
	if len(is) > 0 {
		t.Fatalf("Revoke added %s", is)
	}
	if !isSubsequence(withoutNobody(out), policy) {
		t.Fatalf("Revoke did not only strike out:\n%s\n%s", policy, out)
	}
}

// checkRevoked wants the subjects gone from every statement of ours that holds nothing but
// exact values under StringEquals and StringLike.
func checkRevoked(t fataler, policy []byte, subjects []string) {
	t.Helper()
	statements, _ := takeApart(policy)
	for _, statement := range statements {
		if !isSimple(statement) {
			continue
		}
		text := []byte(`{"Statement":` + statement + `}`)
		judge := trusteval.Evaluate(text)
		for _, id := range universe(subjects, DefaultAudience, text) {
			if id.Provider == ours.ARN && id.Action == "" && slices.Contains(subjects, id.Subject) && judge.Allows(id) {
				t.Fatalf("%s is still in %s", id.Subject, statement)
			}
		}
	}
}

// isSimple tells whether a statement of ours holds only conditions that Revoke handles,
// with exact subjects.
func isSimple(statement string) bool {
	var s map[string]any
	if !mayEdit(statement) || json.Unmarshal([]byte(statement), &s) != nil {
		return false
	}
	for name := range s {
		if slices.ContainsFunc(elements, func(known string) bool { return known != name && trusteval.FoldCase(known) == trusteval.FoldCase(name) }) {
			return false
		}
	}
	exact := false
	conditions, _ := s["Condition"].(map[string]any)
	for operator, block := range conditions {
		if operator := trusteval.FoldCase(operator); operator != "stringequals" && operator != "stringlike" {
			return false
		}
		keys, _ := block.(map[string]any)
		for key, values := range keys {
			switch trusteval.FoldCase(key) {
			case trusteval.FoldCase(ours.Issuer) + ":sub":
				exact = !slices.ContainsFunc(trusteval.OneOrMany(values), func(value any) bool { return strings.ContainsAny(trusteval.Spelled(value), "*?$") })
				if !exact {
					return false
				}
			case trusteval.FoldCase(ours.Issuer) + ":aud":
			default:
				return false
			}
		}
	}
	return exact
}
