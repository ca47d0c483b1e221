package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// settings are what the command line says.
type settings struct {
	address, accountID, kubeconfig string
	stopWithParent                 bool
	roles                          []role
}

func parseSettings(arguments []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&s.address, "address", "127.0.0.1:0", "where to listen; port 0 takes a free one")
	flags.StringVar(&s.accountID, "account", "", "the account's 12 digits (default 123456789012)")
	flags.StringVar(&s.kubeconfig, "kubeconfig", "",
		"a cluster whose service account tokens are taken; its API server is asked for all issuers' keys")
	flags.BoolVar(&s.stopWithParent, "stop-with-parent", false, "stop when standard input ends")
	flags.Func("role", "NAME makes a role that trusts EC2 alone; NAME=ISSUER one that any account of the issuer may assume, "+
		"as common guides do. A path may stand before the name, as in profiles/NAME. May be repeated", func(value string) error {
		r, err := parseRole(value)
		s.roles = append(s.roles, r)
		return err
	})
	if err := flags.Parse(arguments); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("there is no argument %q; see --help for the flags", flags.Arg(0))
	}
	return s, nil
}

// role is a role that is there from the beginning.
type role struct{ path, name, issuer string }

func parseRole(value string) (role, error) {
	name, issuer, named := strings.Cut(value, "=")
	path := "/"
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		path, name = "/"+name[:i+1], name[i+1:]
	}
	if name == "" {
		return role{}, fmt.Errorf("want NAME or NAME=ISSUER")
	}
	if named && !strings.HasPrefix(issuer, "https://") {
		return role{}, fmt.Errorf("issuer %q: want the https:// URL that the tokens name in iss", issuer)
	}
	return role{path, name, issuer}, nil
}

// audience is the one that the EKS pod identity webhook asks tokens for.
const audience = "sts.amazonaws.com"

func (r role) addTo(server *iamsts.Server) {
	if r.issuer == "" {
		server.AddRole(r.name, r.path, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, nil)
		return
	}
	provider := server.AddProvider(r.issuer, audience)
	server.AddRole(r.name, r.path, fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{%q:%q}}}]}`,
		provider, strings.TrimPrefix(r.issuer, "https://")+":aud", audience), nil)
}
