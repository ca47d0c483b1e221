package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// output is the flag -o of verbs that show objects: a table, wide, or one of the formats
// that kubectl knows.
type output struct {
	format string
	flags  *genericclioptions.PrintFlags
}

func (o *output) add(c *cobra.Command) {
	o.flags = genericclioptions.NewPrintFlags("").WithTypeSetter(Scheme())
	o.flags.OutputFormat = &o.format
	o.flags.AddFlags(c)
	flag := c.Flags().Lookup("output")
	flag.Usage = "Output format. One of: (wide, " + strings.Join(o.flags.AllowedFormats(), ", ") + ")."
}

// print writes objects in the format asked for; table makes the table of them, wide or not.
func (o *output) print(e *Environment, object runtime.Object, table func(wide bool) *metav1.Table) error {
	switch o.format {
	case "", "wide":
		return printers.NewTablePrinter(printers.PrintOptions{Wide: o.format == "wide"}).PrintObj(table(o.format == "wide"), e.Out)
	}
	printer, err := o.flags.ToPrinter()
	if err != nil {
		return &usageError{err}
	}
	if o.format == "name" && meta.IsListType(object) {
		return meta.EachListItem(object, func(item runtime.Object) error { return printer.PrintObj(item, e.Out) })
	}
	return printer.PrintObj(object, e.Out)
}

// columns makes the heads of a table. A name that ends in "+" is for wide tables only.
func columns(names ...string) []metav1.TableColumnDefinition {
	var all []metav1.TableColumnDefinition
	for _, name := range names {
		column := metav1.TableColumnDefinition{Name: strings.TrimSuffix(name, "+"), Type: "string"}
		if column.Name != name {
			column.Priority = 1
		}
		all = append(all, column)
	}
	return all
}

func row(cells ...any) metav1.TableRow { return metav1.TableRow{Cells: cells} }

// said prints what was done with a Profile, as kubectl does.
func (e *Environment) said(name, done string) {
	fmt.Fprintf(e.Out, "profile/%s %s\n", name, done)
}
