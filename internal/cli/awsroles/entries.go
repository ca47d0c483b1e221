package awsroles

import (
	"fmt"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Entry is what an entry of spec.plugins of the kind AwsIamForServiceAccount asks for.
type Entry struct {
	// Role is an ARN.
	Role string
	// Audience is that of the tokens, or empty for the default.
	Audience string
	Accounts []string
}

// EntriesOf reads the entries of a Profile. Its errors name the entry.
func EntriesOf(p *profilev1.Profile) ([]Entry, error) {
	var entries []Entry
	for i, asked := range p.Spec.Plugins {
		if asked.Kind != awsirsa.Kind {
			continue
		}
		var raw []byte
		if asked.Spec != nil {
			raw = asked.Spec.Raw
		}
		var spec awsirsa.Spec
		err := plugin.DecodeSpec(raw, &spec)
		if err == nil {
			spec.ServiceAccounts, err = plugin.ServiceAccounts(spec.ServiceAccounts)
		}
		if err != nil {
			return nil, fmt.Errorf("spec.plugins[%d] of profile %s: %w", i, p.Name, err)
		}
		entries = append(entries, Entry{Role: spec.AwsIamRole, Audience: spec.Audience, Accounts: spec.ServiceAccounts})
	}
	return entries, nil
}
