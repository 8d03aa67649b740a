using System.CommandLine;
using System.Globalization;
using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Cli.Output;

namespace Skep.Cli.Bpf;

/// <summary><c>skep bpf prog</c>.</summary>
static class ProgramCommand
{
    public static Command Create()
    {
        var command = new Command("prog", "Programs.");
        command.Aliases.Add("program");
        command.Add(CreateList());
        command.Add(CreateShow());
        command.Add(CreateDump());
        return command;
    }

    static Command CreateList()
    {
        var format = CommonOptions.Format();
        var list = new Command("list", "List all programs.") { format };
        list.SetAction(parsed => List(parsed.GetValue(format)));
        return list;
    }

    static Command CreateShow()
    {
        var program = ProgramArgument();
        var format = CommonOptions.Format();
        var show = new Command("show", "Show one program.") { program, format };
        show.SetAction(parsed =>
        {
            using var found = Find(parsed.GetRequiredValue(program));
            var row = ProgramRow.From(found.GetInfo(), Holders.Read());
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(row, Json.Default.ProgramRow);
            else Print(row);
        });
        return show;
    }

    static Command CreateDump()
    {
        var program = ProgramArgument();
        var bytes = new Option<bool>("--opcodes") { Description = "Print the opcode byte of each instruction." };
        var jited = new Option<bool>("--jited") { Description = "Print the machine code: bytes by function and address." };
        var raw = new Option<bool>("--raw") { Description = "With --jited: write the machine code itself, for a disassembler." };
        var format = CommonOptions.Format();
        var dump = new Command("dump", "Print a program's instructions as the kernel runs them, with C source lines where it has them.") { program, bytes, jited, raw, format };
        dump.SetAction(parsed =>
        {
            using var found = Find(parsed.GetRequiredValue(program));
            var code = found.GetCode();
            if (parsed.GetValue(jited)) return DumpMachineCode(code, parsed.GetValue(raw), parsed.GetValue(format));
            if (code.Instructions.Count == 0) return SkepCommand.Fail("the kernel does not show this program's code (CAP_BPF, CAP_PERFMON; kernel.kptr_restrict)");
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(Lines(code), Json.Default.ListCodeLine);
            else Disassembler.WriteListing([.. code.Instructions], Console.Out, Listing(code, parsed.GetValue(bytes)));
            return SkepCommand.Success;
        });
        return dump;
    }

    static Argument<string> ProgramArgument() => new("program") { Description = "Its id, its name, its tag, or the path of its pin." };

    /// <summary>All that the kernel has.</summary>
    public static List<ProgramRow> ReadAll()
    {
        var holders = Holders.Read();
        var rows = new List<ProgramRow>();
        foreach (var id in ObjectIds.Programs)
        {
            if (!BpfProgram.TryFromId(id, out var program)) continue;
            using (program) rows.Add(ProgramRow.From(program.GetInfo(), holders));
        }
        return rows;
    }

    static void List(OutputFormat format)
    {
        var rows = ReadAll();
        if (format == OutputFormat.Json)
        {
            Json.Print(rows, Json.Default.ListProgramRow);
            return;
        }
        var table = Terminal.NewTable("id#", "type", "name", "tag", "loaded", "uid#", "xlated#", "jited#", "maps", "pids");
        foreach (var row in rows)
        {
            table.AddPlainRow(
                Text(row.Id), row.Type, row.Name, row.Tag, row.LoadedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Text(row.Uid),
                Text(row.BytesXlated), Text(row.BytesJited), string.Join(',', row.MapIds), string.Join(' ', row.Pids ?? []));
        }
        Terminal.Write(table);
    }

    static void Print(ProgramRow row)
    {
        var table = Terminal.NewTable("field", "value");
        table.AddPlainRow("id", Text(row.Id));
        table.AddPlainRow("type", row.Type);
        table.AddPlainRow("name", row.Name);
        table.AddPlainRow("tag", row.Tag);
        table.AddPlainRow("license", row.GplCompatible ? "GPL-compatible" : "not GPL-compatible");
        table.AddPlainRow("loaded", row.LoadedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture));
        table.AddPlainRow("uid", Text(row.Uid));
        table.AddPlainRow("xlated", $"{row.BytesXlated} bytes");
        table.AddPlainRow("jited", row.BytesJited == 0 ? "no" : $"{row.BytesJited} bytes");
        table.AddPlainRow("verified", $"{row.VerifiedInstructions} instructions");
        table.AddPlainRow("maps", string.Join(", ", row.MapIds));
        table.AddPlainRow("btf", row.BtfId is { } btf ? Text(btf) : "none");
        if (row.RunCount is { } runs)
        {
            table.AddPlainRow("runs", string.Create(CultureInfo.InvariantCulture, $"{runs}, {(double)(row.RunTimeNs ?? 0) / runs:F0} ns each"));
        }
        if (row.RecursionMisses is { } misses) table.AddPlainRow("missed", Text(misses));
        table.AddPlainRow("pids", string.Join(' ', row.Pids ?? []));
        Terminal.Write(table);
    }

    /// <summary>Opens a program by id, pin, tag or name; a name or tag must be the only one.</summary>
    static BpfProgram Find(string text)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return BpfProgram.FromId(number);
        if (text.Contains('/', StringComparison.Ordinal)) return BpfProgram.FromPin(text);
        var found = new List<BpfProgram>();
        foreach (var id in ObjectIds.Programs)
        {
            if (!BpfProgram.TryFromId(id, out var program)) continue;
            if (program.Name == text || program.GetInfo().Tag == text) found.Add(program);
            else program.Dispose();
        }
        if (found.Count == 1) return found[0];
        var ids = string.Join(", ", found.Select(p => p.GetInfo().Id));
        foreach (var program in found) program.Dispose();
        throw new UserException(found.Count == 0 ? $"no program is named '{text}'" : $"several programs are named '{text}': give an id ({ids})");
    }

    static ListingOptions Listing(ProgramCode code, bool showBytes) => new()
    {
        Lines = code.Lines,
        Functions = FunctionNames(code),
        Comment = index => CallTargets.Describe(code, index),
        ShowBytes = showBytes,
    };

    static Dictionary<int, string> FunctionNames(ProgramCode code)
    {
        var names = new Dictionary<int, string>();
        foreach (var function in code.Functions)
        {
            if (function.Name.Length > 0) names.TryAdd(function.Index, function.Name);
        }
        return names;
    }

    static List<CodeLine> Lines(ProgramCode code)
    {
        Instruction[] instructions = [.. code.Instructions];
        var functions = FunctionNames(code);
        var sources = code.Lines.GroupBy(l => l.Index).ToDictionary(g => g.Key, g => g.Last());
        var lines = new List<CodeLine>();
        var slots = 1;
        for (var index = 0; index < instructions.Length; index += slots)
        {
            var text = Disassembler.Format(instructions, index, out slots);
            var hasSource = sources.TryGetValue(index, out var source);
            lines.Add(new CodeLine(index, text, functions.GetValueOrDefault(index), hasSource ? source.Text : null, hasSource ? source.File : null, hasSource ? source.Line : null,
                CallTargets.Describe(code, index)));
        }
        return lines;
    }

    static int DumpMachineCode(ProgramCode code, bool isRaw, OutputFormat format)
    {
        if (code.Jited.IsEmpty) return SkepCommand.Fail("the kernel does not show this program's machine code, or interprets it");
        if (isRaw)
        {
            using var output = Console.OpenStandardOutput();
            output.Write(code.Jited.Span);
        }
        else if (format == OutputFormat.Json)
        {
            Json.Print(MachineCode.Of(code), Json.Default.ListMachineCode);
        }
        else
        {
            foreach (var function in MachineCode.Of(code)) function.Write(Console.Out);
        }
        return SkepCommand.Success;
    }

    static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
