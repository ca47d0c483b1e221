package migration

import (
	"fmt"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// googleSpec is what the existing controller's plugin for Google reads, and ours besides.
type googleSpec struct {
	GcpServiceAccount string   `json:"gcpServiceAccount"`
	AnnotateOnly      bool     `json:"annotateOnly"`
	ServiceAccounts   []string `json:"serviceAccounts"`
	IdentityNamespace string   `json:"identityNamespace"`
}

// specComplaints tells which entries of spec.plugins our controller will refuse. The existing
// one passes over what it cannot read.
func specComplaints(p *profilev1.Profile) []string {
	var complaints []string
	for n, entry := range p.Spec.Plugins {
		if err := checkEntry(entry); err != nil {
			complaints = append(complaints, fmt.Sprintf("spec.plugins[%d] (%s) will be refused, where the existing controller passed over it: %s", n, entry.Kind, strings.TrimSuffix(err.Error(), ".")))
		}
	}
	return complaints
}

func checkEntry(entry profilev1.Plugin) error {
	var raw []byte
	if entry.Spec != nil {
		raw = entry.Spec.Raw
	}
	switch entry.Kind {
	case awsirsa.Kind:
		var spec awsirsa.Spec
		if err := plugin.DecodeSpec(raw, &spec); err != nil {
			return err
		}
		if spec.AwsIamRole == "" {
			return plugin.InvalidSpec("awsIamRole", "is required")
		}
	case "WorkloadIdentity":
		var spec googleSpec
		if err := plugin.DecodeSpec(raw, &spec); err != nil {
			return err
		}
		if spec.GcpServiceAccount == "" {
			return plugin.InvalidSpec("gcpServiceAccount", "is required")
		}
	case "AwsPodIdentity", "AzureWorkloadIdentity": // The existing controller does not have them.
	default:
		return fmt.Errorf("there is no such plugin (%s)", profilev1.ReasonUnknownPlugin)
	}
	return nil
}
