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
	format  string
	flags   *genericclioptions.PrintFlags
	printer printers.ResourcePrinter
}

// add adds the flag. Formats that there are not are refused before the verb begins.
func (o *output) add(c *cobra.Command) {
	o.flags = genericclioptions.NewPrintFlags("").WithTypeSetter(Scheme())
	o.flags.OutputFormat = &o.format
	o.flags.AddFlags(c)
	formats := append([]string{"wide"}, o.flags.AllowedFormats()...)
	c.Flags().Lookup("output").Usage = "Output format. One of: (" + strings.Join(formats, ", ") + ")."
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	c.PreRunE = func(*cobra.Command, []string) error { return o.prepare() }
}

// asked tells that the objects themselves are asked for, by verbs that otherwise say what they did.
func (o *output) asked() bool { return o.printer != nil || o.format == "wide" }

// prepare makes the printer of the format asked for. There is none for tables, whose columns are the verb's.
func (o *output) prepare() (err error) {
	if o.format == "" && *o.flags.TemplatePrinterFlags.TemplateArgument == "" || o.format == "wide" {
		return nil
	}
	if o.printer, err = o.flags.ToPrinter(); err != nil {
		return &usageError{err}
	}
	return nil
}

// print writes objects in the format asked for; table makes the table of them, wide or not.
func (o *output) print(e *Environment, object runtime.Object, table func(wide bool) *metav1.Table) error {
	switch {
	case o.printer == nil:
		return o.printTable(e, table(o.format == "wide"))
	case o.format == "name" && meta.IsListType(object):
		return meta.EachListItem(object, func(item runtime.Object) error { return o.printer.PrintObj(item, e.Out) })
	default:
		return o.printer.PrintObj(object, e.Out)
	}
}

func (o *output) printTable(e *Environment, table *metav1.Table) error {
	if len(table.Rows) == 0 {
		fmt.Fprintln(e.ErrOut, "There are no Profiles. Create one: kubectl profile create NAME --owner USER")
		return nil
	}
	return printers.NewTablePrinter(printers.PrintOptions{Wide: o.format == "wide"}).PrintObj(table, e.Out)
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
