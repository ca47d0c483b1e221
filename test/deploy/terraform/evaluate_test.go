package terraform

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are those of Terraform that the module uses; the library that Terraform itself
// takes them from has them.
var functions = map[string]function.Function{
	"can": tryfunc.CanFunc, "coalesce": stdlib.CoalesceFunc, "contains": stdlib.ContainsFunc, "jsonencode": stdlib.JSONEncodeFunc,
	"keys": stdlib.KeysFunc, "length": length, "lower": stdlib.LowerFunc, "merge": stdlib.MergeFunc, "regex": stdlib.RegexFunc,
	"trimprefix": stdlib.TrimPrefixFunc, "values": stdlib.ValuesFunc, "yamlencode": yamlencode,
}

// length is also that of a text, for Terraform.
var length = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
		if arguments[0].Type() == cty.String {
			return stdlib.Strlen(arguments[0])
		}
		return stdlib.Length(arguments[0])
	},
})

// yamlencode writes JSON, which is YAML, too.
var yamlencode = stdlib.JSONEncodeFunc

const issuer = "oidc.eks.eu-central-1.amazonaws.com/id/0123"

// evaluate returns the scope of the module's expressions when it is called with arguments, which
// are an object in HCL: its variables, its locals, and what AWS would answer.
func evaluate(t *testing.T, m module, arguments string) (*hcl.EvalContext, error) {
	t.Helper()
	scope := &hcl.EvalContext{Functions: functions, Variables: map[string]cty.Value{"data": object(map[string]cty.Value{
		"aws_partition":       object(map[string]cty.Value{"current": object(map[string]cty.Value{"partition": cty.StringVal("aws")})}),
		"aws_caller_identity": object(map[string]cty.Value{"current": object(map[string]cty.Value{"account_id": cty.StringVal("123456789012")})}),
		"aws_eks_cluster": object(map[string]cty.Value{"this": object(map[string]cty.Value{"identity": list(object(map[string]cty.Value{
			"oidc": list(object(map[string]cty.Value{"issuer": cty.StringVal("https://" + issuer)}))}))})}),
	}), "aws_iam_openid_connect_provider": object(map[string]cty.Value{"this": cty.EmptyTupleVal})}}
	given := value(t, arguments)
	variables := map[string]cty.Value{}
	for _, b := range m.blocks["variable"] {
		v, err := argument(b, given, scope)
		if err != nil {
			return nil, err
		}
		variables[b.Labels[0]] = v
	}
	scope.Variables["var"] = object(variables)
	for _, b := range m.blocks["variable"] {
		if err := validate(b, scope); err != nil {
			return nil, err
		}
	}
	return scope, addLocals(m, scope)
}

// argument is the value of a variable: what is given or its default, in its type.
func argument(b *hclsyntax.Block, given cty.Value, scope *hcl.EvalContext) (cty.Value, error) {
	wanted, defaults, diagnostics := typeexpr.TypeConstraintWithDefaults(b.Body.Attributes["type"].Expr)
	if diagnostics.HasErrors() {
		return cty.NilVal, diagnostics
	}
	var v cty.Value
	switch {
	case given.Type().HasAttribute(b.Labels[0]):
		v = given.GetAttr(b.Labels[0])
	case b.Body.Attributes["default"] != nil:
		if v, diagnostics = b.Body.Attributes["default"].Expr.Value(scope); diagnostics.HasErrors() {
			return cty.NilVal, diagnostics
		}
	default:
		return cty.NilVal, fmt.Errorf("%s is required", b.Labels[0])
	}
	if defaults != nil {
		v = defaults.Apply(v)
	}
	return convert.Convert(v, wanted)
}

// preconditions are what a resource wants to hold before it is made.
func preconditions(b *hclsyntax.Block, scope *hcl.EvalContext) error {
	for _, inner := range b.Body.Blocks {
		if inner.Type == "lifecycle" {
			return validate(inner, scope)
		}
	}
	return nil
}

// validate says what the rules of a block complain about.
func validate(b *hclsyntax.Block, scope *hcl.EvalContext) error {
	for _, rule := range b.Body.Blocks {
		holds, diagnostics := rule.Body.Attributes["condition"].Expr.Value(scope)
		if diagnostics.HasErrors() {
			return diagnostics
		}
		if holds.False() {
			message, diagnostics := rule.Body.Attributes["error_message"].Expr.Value(scope)
			if diagnostics.HasErrors() {
				return diagnostics
			}
			return errors.New(message.AsString())
		}
	}
	return nil
}

// addLocals evaluates locals in rounds, since they may use each other in any order. Those that
// need what exists after apply only are left out.
func addLocals(m module, scope *hcl.EvalContext) error {
	locals := map[string]cty.Value{}
	for range 10 {
		scope.Variables["local"] = object(locals)
		for _, b := range m.blocks["locals"] {
			for name, attribute := range b.Body.Attributes {
				if v, diagnostics := attribute.Expr.Value(scope); !diagnostics.HasErrors() {
					locals[name] = v
				}
			}
		}
	}
	scope.Variables["local"] = object(locals)
	for _, b := range m.blocks["locals"] {
		for name, attribute := range b.Body.Attributes {
			if _, diagnostics := attribute.Expr.Value(scope); diagnostics.HasErrors() {
				return fmt.Errorf("local.%s: %w", name, diagnostics)
			}
		}
	}
	return nil
}

// resource is a resource of the module with its for_each, in the scope of each of its instances
// by their keys; one without for_each has the key "".
func resource(t *testing.T, m module, scope *hcl.EvalContext, kind, name string) (map[string]*hcl.EvalContext, *hclsyntax.Block) {
	t.Helper()
	for _, b := range m.blocks["resource"] {
		if b.Labels[0] != kind || b.Labels[1] != name {
			continue
		}
		each, there := b.Body.Attributes["for_each"]
		if !there {
			return map[string]*hcl.EvalContext{"": scope}, b
		}
		all, diagnostics := each.Expr.Value(scope)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		instances := map[string]*hcl.EvalContext{}
		for key, v := range all.AsValueMap() {
			instances[key] = scope.NewChild()
			instances[key].Variables = map[string]cty.Value{"each": object(map[string]cty.Value{"key": cty.StringVal(key), "value": v})}
		}
		return instances, b
	}
	t.Fatalf("the module has no resource %s %s", kind, name)
	return nil, nil
}

// text is the value of an argument that is a string.
func text(t *testing.T, b *hclsyntax.Block, name string, scope *hcl.EvalContext) string {
	t.Helper()
	v, diagnostics := b.Body.Attributes[name].Expr.Value(scope)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return v.AsString()
}

func value(t *testing.T, source string) cty.Value {
	t.Helper()
	expression, diagnostics := hclsyntax.ParseExpression([]byte(source), "arguments", hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	v, diagnostics := expression.Value(nil)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return v
}

func object(attributes map[string]cty.Value) cty.Value { return cty.ObjectVal(attributes) }

func list(values ...cty.Value) cty.Value { return cty.TupleVal(values) }
