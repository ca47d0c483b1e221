package cli

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// completionPatience is how long somebody who pressed Tab waits for the API server.
const completionPatience = 3 * time.Second

// fileFlags are for files and folders, whose names the shell completes.
var fileFlags = []string{"kubeconfig", "cache-dir", "certificate-authority", "client-certificate", "client-key", "template"}

// fixedValues are what a flag takes, by verb and flag; without a verb they hold for all that have no others.
var fixedValues = map[[2]string][]string{
	{"share", "role"}:          {"admin", "edit", "view"},
	{"unshare", "role"}:        {"admin", "edit", "view"},
	{"", "dry-run"}:            {"none", "client", "server"},
	{"setup", "dry-run"}:       {"none", "client"},
	{"create-role", "dry-run"}: {"none", "client"},
	{"audit", "dry-run"}:       {"none", "client"},
	{"", "output"}:             {"wide", "json", "yaml"},
	{"verify", "output"}:       {"json", "yaml"},
	{"setup", "output"}:        {"aws-cli", "terraform"},
	{"create-role", "output"}:  {"aws-cli", "terraform"},
}

// completeAll sees to it that no command and no flag below c leaves completion to the shell, which would
// offer names of files. What completes itself is left alone.
func completeAll(e *Environment, c *cobra.Command) {
	if c.ValidArgsFunction == nil {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	complete := func(flag *pflag.Flag) {
		if _, has := c.GetFlagCompletionFunc(flag.Name); has || slices.Contains(fileFlags, flag.Name) {
			return
		}
		_ = c.RegisterFlagCompletionFunc(flag.Name, e.completionOf(c, flag))
	}
	c.PersistentFlags().VisitAll(complete)
	c.Flags().VisitAll(complete)
	for _, verb := range c.Commands() {
		completeAll(e, verb)
	}
}

func (e *Environment) completionOf(c *cobra.Command, flag *pflag.Flag) cobra.CompletionFunc {
	values, known := fixedValues[[2]string{c.Name(), flag.Name}]
	if !known {
		values, known = fixedValues[[2]string{"", flag.Name}]
	}
	switch {
	case known:
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	case flag.Name == "namespace":
		return e.completeNamespaces
	case flag.Name == "context" && !c.HasParent():
		return e.completeContexts
	default:
		return cobra.NoFileCompletions
	}
}

// completeContexts offers the contexts of the kubeconfig.
func (e *Environment) completeContexts(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	kubeconfig, err := e.Kubeconfig.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(kubeconfig.Contexts)), cobra.ShellCompDirectiveNoFileComp
}

// completeNamespaces offers the names of the namespaces of the cluster.
func (e *Environment) completeNamespaces(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var namespaces corev1.NamespaceList
	var names []cobra.Completion
	if e.listForCompletion(c, &namespaces) {
		for i := range namespaces.Items {
			names = append(names, namespaces.Items[i].Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeProfiles offers the names of the Profiles of the cluster.
func (e *Environment) completeProfiles(c *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var profiles profilev1.ProfileList
	var names []cobra.Completion
	if len(given) == 0 && e.listForCompletion(c, &profiles) {
		for i := range profiles.Items {
			names = append(names, cobra.CompletionWithDesc(profiles.Items[i].Name, plain.Text(ownerText(&profiles.Items[i]))))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// listForCompletion fills a list, or returns false: a cluster that does not answer offers nothing.
func (e *Environment) listForCompletion(c *cobra.Command, list client.ObjectList) bool {
	cluster, err := e.Connect()
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(c.Context(), completionPatience)
	defer cancel()
	return cluster.List(ctx, list) == nil
}
