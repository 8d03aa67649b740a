using System.Diagnostics;
using System.Globalization;

namespace Skep.Bpf.Tests;

/// <summary>Has clang compile a dump together with assertions of every size and offset that the BTF states.</summary>
static class BtfCompileCheck
{
    static readonly string[] s_compilers = ["clang", .. Enumerable.Range(14, 10).Reverse().Select(version => $"clang-{version}")];

    public static string? Compiler => s_compilers.Select(name => Path.Combine("/usr/bin", name)).FirstOrDefault(File.Exists);

    /// <summary>What the compiler says about a dump of everything; empty when all is well.</summary>
    public static string Compile(Btf btf, out int assertions)
    {
        var source = Path.Combine(Path.GetTempPath(), $"skep-btf-dump-{Environment.ProcessId}-{btf.Name}.c");
        try
        {
            using (var writer = new StreamWriter(source))
            {
                var dump = new BtfDump(btf, writer);
                dump.WriteAll();
                assertions = 0;
                for (uint id = 1; id < btf.Count; id++) assertions += Assert(btf[id], dump, writer);
            }
            using var clang = Process.Start(new ProcessStartInfo(Compiler!, ["-fsyntax-only", "-w", "-ferror-limit=20", source]) { RedirectStandardError = true })!;
            var output = clang.StandardError.ReadToEnd();
            clang.WaitForExit();
            return clang.ExitCode == 0 ? "" : output;
        }
        finally
        {
            File.Delete(source);
        }
    }

    static int Assert(BtfType type, BtfDump dump, TextWriter writer)
    {
        if (!type.IsComposite || type.NameOffset == 0) return 0;
        var count = 1;
        var tag = dump.Declare(type.Id, "");
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"_Static_assert(sizeof({tag}) == {type.Size}, \"{type.Id}\");\n"));
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            if (member.NameOffset == 0 || member.BitfieldSize > 0) continue;
            var name = BtfDumpNames.Identifier(type.Btf.StringAt(member.NameOffset));
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"_Static_assert(__builtin_offsetof({tag}, {name}) == {member.BitOffset / 8}, \"{type.Id}\");\n"));
            count++;
        }
        return count;
    }
}
