using System.CommandLine;
using System.Globalization;
using Skep.Bpf;
using Skep.Cli.Output;

namespace Skep.Cli.Bpf;

/// <summary><c>skep bpf btf</c>.</summary>
static class BtfCommand
{
    public static Command Create() => new("btf", "Types: those of the kernel, its modules, and of loaded programs and maps.") { CreateList(), CreateShow(), CreateDump() };

    static Command CreateList()
    {
        var format = CommonOptions.Format();
        var list = new Command("list", "List all BTF objects.") { format };
        list.SetAction(parsed =>
        {
            var (holders, users) = (Holders.Read(), BtfUsers.Read());
            var rows = new List<BtfRow>();
            foreach (var id in ObjectIds.Btfs)
            {
                if (!BtfObject.TryFromId(id, out var btf)) continue;
                using (btf) rows.Add(BtfRow.From(btf, holders, users));
            }
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(rows, Json.Default.ListBtfRow);
            else Print(rows);
        });
        return list;
    }

    static Command CreateShow()
    {
        var id = new Argument<uint>("id") { Description = "Its id." };
        var format = CommonOptions.Format();
        var show = new Command("show", "Show one BTF object.") { id, format };
        show.SetAction(parsed =>
        {
            using var btf = BtfObject.FromId(parsed.GetRequiredValue(id));
            var row = BtfRow.From(btf, Holders.Read(), BtfUsers.Read()) with { Types = btf.Load().Count - btf.Load().FirstId };
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(row, Json.Default.BtfRow);
            else Print([row]);
        });
        return show;
    }

    static Command CreateDump()
    {
        var source = new Argument<string>("source") { Description = "Its id, an object file, or a raw BTF file such as /sys/kernel/btf/vmlinux." };
        var kernel = new Option<FileInfo>("--btf") { Description = "The kernel's types, on which those of a module build.", HelpName = "file" };
        kernel.AcceptExistingOnly();
        var format = new Option<string>("--format", "-f") { Description = "How to print: raw records, or c declarations.", DefaultValueFactory = _ => "raw" };
        format.AcceptOnlyFromAmong("raw", "c");
        var dump = new Command("dump", "Print all types.") { source, kernel, format };
        dump.SetAction(parsed =>
        {
            var btf = Open(parsed.GetRequiredValue(source), parsed.GetValue(kernel)?.FullName);
            using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
            if (parsed.GetValue(format) == "c") new BtfDump(btf, output).WriteAll();
            else BtfListing.Write(btf, output);
        });
        return dump;
    }

    static Btf Open(string source, string? kernel)
    {
        if (uint.TryParse(source, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            using var btf = BtfObject.FromId(id);
            return btf.Load();
        }
        if (!File.Exists(source)) throw new UserException($"no file {source}");
        Span<byte> magic = stackalloc byte[4];
        using (var file = File.OpenRead(source)) file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        if (magic.SequenceEqual("\x7f"u8 + "ELF"u8)) return ObjectSpec.FromFile(source).Btf ?? throw new UserException($"{source} has no BTF; compile it with -g");
        var isModule = Path.GetDirectoryName(Path.GetFullPath(source)) == "/sys/kernel/btf" && Path.GetFileName(source) != "vmlinux";
        return Btf.FromFile(source, kernel is not null ? Btf.FromFile(kernel) : isModule ? Btf.Kernel : null);
    }

    static void Print(List<BtfRow> rows)
    {
        var table = Terminal.NewTable("id#", "name", "size#", "types#", "programs", "maps", "pids");
        foreach (var row in rows)
        {
            table.AddPlainRow(
                row.Id.ToString(CultureInfo.InvariantCulture), row.Name.Length > 0 ? row.Name : "(user)", row.Size.ToString(CultureInfo.InvariantCulture),
                row.Types?.ToString(CultureInfo.InvariantCulture) ?? "", string.Join(',', row.ProgIds ?? []), string.Join(',', row.MapIds ?? []), string.Join(' ', row.Pids ?? []));
        }
        Terminal.Write(table);
    }
}
