package installation

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Program is a container with what it was told.
type Program struct {
	// Image is what it runs.
	Image       string
	environment map[string]string
	flags       map[string]string
}

// newProgram puts the variables into the arguments, as the kubelet does.
func newProgram(container corev1.Container, settings map[string]map[string]string) Program {
	p := Program{Image: container.Image, environment: map[string]string{}}
	for _, from := range container.EnvFrom {
		if from.ConfigMapRef != nil {
			maps.Copy(p.environment, settings[from.ConfigMapRef.Name])
		}
	}
	for _, variable := range container.Env {
		switch {
		case variable.ValueFrom == nil:
			p.environment[variable.Name] = variable.Value
		case variable.ValueFrom.ConfigMapKeyRef != nil:
			p.environment[variable.Name] = settings[variable.ValueFrom.ConfigMapKeyRef.Name][variable.ValueFrom.ConfigMapKeyRef.Key]
		}
	}
	var pairs []string
	for name, value := range p.environment {
		pairs = append(pairs, "$("+name+")", value)
	}
	expanded := strings.NewReplacer(pairs...)
	var arguments []string
	for _, argument := range Arguments(container) {
		arguments = append(arguments, expanded.Replace(argument))
	}
	p.flags = readFlags(arguments)
	return p
}

// Arguments are what the program of a container is given. The existing controller's manifests
// have some of them behind the program's name in the command, and some in args.
func Arguments(container corev1.Container) []string {
	var behindName []string
	if len(container.Command) > 1 {
		behindName = container.Command[1:]
	}
	return slices.Concat(behindName, container.Args)
}

// readFlags reads -name=value, -name value and -name, with one dash or two. No flag of these
// programs takes a value that begins with a dash.
func readFlags(arguments []string) map[string]string {
	flags := map[string]string{}
	for i := 0; i < len(arguments); i++ {
		name, isFlag := FlagName(arguments[i])
		if !isFlag {
			continue
		}
		_, value, given := strings.Cut(arguments[i], "=")
		switch {
		case given:
			flags[name] = value
		case i+1 < len(arguments) && !strings.HasPrefix(arguments[i+1], "-"):
			i++
			flags[name] = arguments[i]
		default:
			flags[name] = "true"
		}
	}
	return flags
}

// FlagName is the name of the flag that an argument sets, without dashes and value.
func FlagName(argument string) (string, bool) {
	if !strings.HasPrefix(argument, "-") {
		return "", false
	}
	name, _, _ := strings.Cut(strings.TrimLeft(argument, "-"), "=")
	return name, name != ""
}

// Flag returns the value of a flag, or what it is by default.
func (p Program) Flag(name, byDefault string) string {
	if value, given := p.flags[name]; given {
		return value
	}
	return byDefault
}

// Getenv returns the value of a variable, or the empty string.
func (p Program) Getenv(name string) string { return p.environment[name] }

// UserIDHeader is the HTTP header in which the gateway puts the user's name. The default is
// that of both controllers and both access APIs.
func (p Program) UserIDHeader() string {
	return p.Flag("userid-header", "x-goog-authenticated-user-email")
}

// UserIDPrefix stands in front of the user's name in that header.
func (p Program) UserIDPrefix() string { return p.Flag("userid-prefix", "accounts.google.com:") }

// GroupsClaim is the claim with the user's groups.
func (p Program) GroupsClaim() string { return p.Flag("groups-claim", "groups") }

// Mesh tells whether it works with a service mesh.
func (p Program) Mesh() bool { return p.Flag("mesh", "istio") != "none" }

// Settings are those by which this controller computes the objects of a Profile.
func (p Program) Settings() desired.Settings {
	// What cannot be read stops the controller itself, which says why.
	probes, _ := tenancy.ParseNamespaces(p.Flag("probe-namespaces", ""))
	return desired.Settings{
		UserIDHeader: p.UserIDHeader(), UserIDPrefix: p.UserIDPrefix(), GroupsClaim: p.GroupsClaim(), Mesh: p.Mesh(),
		IngressGatewayPrincipal: tenancy.IngressGatewayPrincipal(p.Getenv), KFPUIPrincipal: tenancy.KFPUIPrincipal(p.Getenv),
		NotebookControllerPrincipal: tenancy.NotebookControllerPrincipal(p.Getenv),
		ProbeNamespaces:             probes, TrustDomain: p.Flag("trust-domain", ""),
	}
}

// Reserved are the names that never become Profiles' namespaces there.
func (i Installation) Reserved() tenancy.ReservedNames {
	reserved, _ := tenancy.ParseReservedNames(i.Manager.Flag("reserved-namespaces", ""))
	return reserved.With(i.Namespace)
}
