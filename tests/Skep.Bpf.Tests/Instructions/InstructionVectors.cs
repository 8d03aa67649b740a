using System.Globalization;
using System.Runtime.InteropServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Tests;

/// <summary>The cases of <c>vectors/instructions.txt</c>: bytes beside text.</summary>
static class InstructionVectors
{
    public static IEnumerable<(Instruction[] Code, string Text)> Read()
    {
        using var stream = typeof(InstructionVectors).Assembly.GetManifestResourceStream("vectors/instructions.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#') || line.Length == 0) continue;
            var parts = line.Split(" | ");
            var bytes = parts[0].Split(' ').Select(b => byte.Parse(b, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            yield return (MemoryMarshal.Cast<byte, Instruction>(bytes).ToArray(), parts[1].Replace(" / ", "\n", StringComparison.Ordinal));
        }
    }

    public static string Text(ReadOnlySpan<Instruction> code)
    {
        var lines = new List<string>();
        var slots = 1;
        for (var i = 0; i < code.Length; i += slots) lines.Add(Disassembler.Format(code, i, out slots));
        return string.Join('\n', lines);
    }
}
