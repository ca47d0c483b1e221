package trustpolicy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kfprofiles/kfprofiles/test/cloud/trusteval"
)

// abroad is the same issuer, known to another account.
var abroad = Provider{ARN: strings.Replace(ours.ARN, "111122223333", "444455556666", 1), Issuer: ours.Issuer}

// unnamed are subjects that no policy names. Who admits all of them admits everybody.
var unnamed = []string{
	Subject("zz-unnamed", "zz.unnamed"), Subject("q", "q"), Subject("7", "7"),
	Subject(strings.Repeat("w", 63), strings.Repeat("w", 253)), Subject("kube-public", "nobody"),
}

// circumstances are the other condition keys of a request: none, or all that matter.
var circumstances = []map[string]string{
	{},
	{
		"aws:sourceip": "192.0.2.1", "aws:securetransport": "true", "aws:principalorgid": "o-a1b2c3d4e5",
		trusteval.FoldCase(ours.Issuer) + ":amr": "x",
	},
}

// universe returns everybody who might matter for some policies: each subject that they
// name, an example for each of their patterns, some whom they do not name, and one
// without a subject, from three providers, with each audience that they name and
// some that they do not, in all circumstances; and for tagging the session besides.
func universe(asked []string, audience string, policies ...[]byte) []trusteval.Identity {
	subjects := append([]string{alice, bob, runner, "someone-else", Subject("team-a", "default-editor")}, unnamed...)
	subjects = append(subjects, asked...)
	audiences := []string{DefaultAudience, "x", audience}
	for _, policy := range policies {
		var document any
		if json.Unmarshal(policy, &document) != nil {
			continue
		}
		subjects = append(subjects, stringsUnder(document, ":sub", false)...)
		audiences = append(audiences, stringsUnder(document, ":aud", false)...)
	}
	subjects, audiences = distinctStrings(subjects), distinctStrings(audiences)
	var all []trusteval.Identity
	for _, p := range []Provider{ours, theirs, abroad} {
		for _, context := range circumstances {
			for _, aud := range audiences {
				id := trusteval.Identity{Provider: p.ARN, Issuer: p.Issuer, Anonymous: true, Audience: aud, Context: context}
				all = append(all, id)
				id.Anonymous = false
				for _, id.Subject = range subjects {
					all = append(all, id)
					if len(context) == 0 {
						tagging := id
						tagging.Action = "sts:TagSession"
						all = append(all, tagging)
					}
				}
			}
		}
	}
	return all
}

// stringsUnder returns an example for each string that stands under a key with a suffix.
func stringsUnder(value any, suffix string, inside bool) []string {
	var found []string
	switch v := value.(type) {
	case map[string]any:
		for key, below := range v {
			found = append(found, stringsUnder(below, suffix, strings.HasSuffix(trusteval.FoldCase(key), suffix))...)
		}
	case []any:
		for _, item := range v {
			found = append(found, stringsUnder(item, suffix, inside)...)
		}
	case string:
		// Nobody is no one's subject.
		if inside && v != Nobody {
			found = append(found, strings.NewReplacer("*", "star", "?", "1").Replace(v))
		}
	}
	return found
}

func distinctStrings(values []string) []string {
	slices.Sort(values)
	return slices.Compact(values)
}
