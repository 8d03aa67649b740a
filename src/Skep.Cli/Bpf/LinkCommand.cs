using System.CommandLine;
using System.Globalization;
using Skep.Bpf;
using Skep.Cli.Output;

namespace Skep.Cli.Bpf;

/// <summary><c>skep bpf link</c>.</summary>
static class LinkCommand
{
    public static Command Create() => new("link", "Links: programs and what they are attached to.") { CreateList(), CreateShow() };

    static Command CreateList()
    {
        var format = CommonOptions.Format();
        var list = new Command("list", "List all links.") { format };
        list.SetAction(parsed =>
        {
            var rows = ReadAll();
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(rows, Json.Default.ListLinkRow);
            else Print(rows);
        });
        return list;
    }

    static Command CreateShow()
    {
        var link = new Argument<string>("link") { Description = "Its id or the path of its pin." };
        var format = CommonOptions.Format();
        var show = new Command("show", "Show one link.") { link, format };
        show.SetAction(parsed =>
        {
            var text = parsed.GetRequiredValue(link);
            var isId = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id);
            using var found = isId ? BpfLink.FromId(id) : BpfLink.FromPin(text);
            var row = LinkRow.From(found.GetInfo(), Holders.Read());
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(row, Json.Default.LinkRow);
            else Print([row]);
        });
        return show;
    }

    /// <summary>All that the kernel has.</summary>
    public static List<LinkRow> ReadAll()
    {
        var holders = Holders.Read();
        var rows = new List<LinkRow>();
        foreach (var id in ObjectIds.Links)
        {
            if (!BpfLink.TryFromId(id, out var link)) continue;
            using (link) rows.Add(LinkRow.From(link.GetInfo(), holders));
        }
        return rows;
    }

    static void Print(List<LinkRow> rows)
    {
        var table = Terminal.NewTable("id#", "type", "program#", "name", "attached", "target", "map#", "cookie#", "pids");
        foreach (var row in rows)
        {
            table.AddPlainRow(
                Text(row.Id), row.Type, Text(row.ProgId), row.ProgName ?? "", row.AttachType ?? "", row.Target ?? "", Text(row.MapId), Text(row.Cookie), string.Join(' ', row.Pids ?? []));
        }
        Terminal.Write(table);
    }

    static string Text(ulong? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
