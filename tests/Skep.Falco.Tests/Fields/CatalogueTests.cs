using Shouldly;
using Skep.Falco.Fields;
using Xunit;

namespace Skep.Falco.Tests.Fields;

public class CatalogueTests
{
    static readonly Dictionary<string, FieldType> s_types = new()
    {
        ["CHARBUF"] = FieldType.Text, ["STRING"] = FieldType.Text, ["BOOL"] = FieldType.Bool, ["UINT64"] = FieldType.UInt64, ["UINT32"] = FieldType.UInt32,
        ["INT64"] = FieldType.Int64, ["INT32"] = FieldType.Int32, ["INT16"] = FieldType.Int16, ["RELTIME"] = FieldType.Duration, ["ABSTIME"] = FieldType.Time,
        ["PORT"] = FieldType.Port, ["IPADDR"] = FieldType.Address, ["IPNET"] = FieldType.Network, ["DOUBLE"] = FieldType.Double, ["DYN"] = FieldType.Any, ["BYTEBUF"] = FieldType.Bytes,
    };

    // One word of the table stands for either; which it is, the field's own description says.
    static readonly string[] s_notSuggested = ["k8smeta.pod.name", "k8smeta.ns.name"];

    [Fact]
    public void Every_field_of_Falco_is_there_with_its_type_and_flags()
    {
        if (!Corpus.IsThere) return;
        var rows = Corpus.Rows("falco-fields.csv");
        rows.Count.ShouldBe(318);
        foreach (var row in rows)
        {
            FieldCatalogue.TryGet(row["name"], out var field).ShouldBeTrue(row["name"]);
            field!.Type.ShouldBe(s_types[row["type"]], row["name"]);
            foreach (var flag in row["flags"].Split('|')) HasFlag(field, flag).ShouldBeTrue($"{row["name"]}: {flag}");
            field.Is(FieldTraits.Padded).ShouldBe(row["print"] == "PF_10_PADDED_DEC", row["name"]);
        }
        FieldCatalogue.All.Select(f => f.Name).Except(rows.Select(r => r["name"])).ShouldBeEmpty();
    }

    static bool HasFlag(FieldInfo field, string flag) => flag switch
    {
        "NONE" => true,
        "ARG_REQUIRED" => field.Is(FieldTraits.ArgumentRequired) && field.Argument != FieldArgument.None,
        "ARG_ALLOWED" => !field.Is(FieldTraits.ArgumentRequired) && field.Argument != FieldArgument.None,
        "ARG_KEY" => field.Argument is FieldArgument.Key or FieldArgument.Any,
        "ARG_INDEX" => field.Argument is FieldArgument.Index or FieldArgument.Any,
        "FILTER_ONLY" => field.Is(FieldTraits.FilterOnly),
        "PRINT_ONLY" => field.Is(FieldTraits.PrintOnly),
        "TABLE_ONLY" => field.Is(FieldTraits.TableOnly),
        "NO_RHS" => field.Is(FieldTraits.LeftOnly),
        "NO_TRANSFORMER" => field.Is(FieldTraits.NotTransformed),
        "IS_LIST" => field.Is(FieldTraits.List),
        "DEPRECATED" => field.Is(FieldTraits.Deprecated),
        // How long Falco may keep a pointer to the value: nothing that a rule can see.
        "NO_PTR_STABILITY" => true,
        "SUGGESTED_OR_LIST" => field.Is(FieldTraits.Suggested | FieldTraits.List) || s_notSuggested.Contains(field.Name),
        _ => false,
    };

    [Fact]
    public void Every_event_of_Falco_is_there_with_its_category_and_parameters()
    {
        if (!Corpus.IsThere) return;
        var rows = Corpus.Rows("falco-events.csv");
        foreach (var row in rows.Where(r => r["name"] != "NA"))
        {
            EventCatalogue.TryGet(row["name"], out var found).ShouldBeTrue(row["name"]);
            ((found!.Traits & EventTraits.Syscall) != 0 || !row["category"].Contains("EC_SYSCALL", StringComparison.Ordinal)).ShouldBeTrue(row["name"]);
            ((found.Traits & EventTraits.Reads) != 0 || !row["flags"].Contains("EF_READS_FROM_FD", StringComparison.Ordinal)).ShouldBeTrue(row["name"]);
            ((found.Traits & EventTraits.Writes) != 0 || !row["flags"].Contains("EF_WRITES_TO_FD", StringComparison.Ordinal)).ShouldBeTrue(row["name"]);
            ((found.Traits & EventTraits.Waits) != 0 || !row["flags"].Contains("EF_WAITS", StringComparison.Ordinal)).ShouldBeTrue(row["name"]);
            foreach (var parameter in row["params(name:type:fmt)"].Split(';', StringSplitOptions.RemoveEmptyEntries))
            {
                var name = parameter.Split(':')[0];
                found.Parameters.ShouldContain(p => p.Name == name, $"{row["name"]}: {name}");
                EventCatalogue.HasParameter(name).ShouldBeTrue();
            }
        }
    }

    [Theory]
    [InlineData("evt.arg.flags", null, "evt.arg[flags]")]
    [InlineData("evt.arg", "0", "evt.arg[0]")]
    [InlineData("container.label.app", null, "container.label[app]")]
    [InlineData("k8s.pod.label.app.kubernetes", null, "k8s.pod.label[app.kubernetes]")]
    [InlineData("container.mount.dest", "/x", "container.mount.dest[/x]")]
    [InlineData("proc.env.PATH", null, "proc.env[PATH]")]
    [InlineData("evt.abspath.src", null, "evt.abspath[src]")]
    [InlineData("proc.aname", "2", "proc.aname[2]")]
    public void Find_takes_arguments_in_brackets_and_behind_a_dot(string name, string? argument, string expected) =>
        FieldCatalogue.Find(name, argument, out _)!.ToString().ShouldBe(expected);

    [Fact]
    public void Find_knows_the_type_of_a_raw_parameter()
    {
        FieldCatalogue.Find("evt.rawarg.res", null, out _)!.Type.ShouldBe(FieldType.Int64);
        FieldCatalogue.Find("evt.rawarg.name", null, out _)!.Type.ShouldBe(FieldType.Text);
        FieldCatalogue.Find("evt.arg.res", null, out _)!.Type.ShouldBe(FieldType.Text);
    }
}
