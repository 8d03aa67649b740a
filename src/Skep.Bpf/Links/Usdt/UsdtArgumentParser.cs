using System.Globalization;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// Parses the argument text of a USDT note: space-separated <c>SIZE@OPERAND</c>, the operand in the assembler's syntax of the file's machine
/// (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation). An operand of an unknown form becomes
/// <see cref="UsdtArgumentKind.Unsupported"/>: one strange argument must not hide the others.
/// </summary>
static class UsdtArgumentParser
{
    const ushort Arm64StackPointer = 31 * 8, Arm64ProgramCounter = 32 * 8;

    // Offsets in struct pt_regs (arch/x86/include/uapi/asm/ptrace.h) by the 64-bit name without its 'r'.
    static readonly Dictionary<string, ushort> s_x64 = BuildX64();

    public static List<UsdtArgument> Parse(string text, Architecture architecture)
    {
        var arguments = new List<UsdtArgument>();
        foreach (var part in Split(text))
        {
            arguments.Add(ParseOne(part, architecture));
        }
        return arguments;
    }

    /// <summary>Splits at spaces, but not inside brackets: arm64 writes <c>8@[sp, 16]</c>.</summary>
    static IEnumerable<string> Split(string text)
    {
        var (start, depth) = (-1, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '[' or '(') depth++;
            if (text[i] is ']' or ')') depth--;
            if (text[i] == ' ' && depth <= 0)
            {
                if (start >= 0) yield return text[start..i];
                start = -1;
            }
            else if (start < 0)
            {
                start = i;
            }
        }
        if (start >= 0) yield return text[start..];
    }

    static UsdtArgument ParseOne(string part, Architecture architecture)
    {
        var unsupported = new UsdtArgument { Kind = UsdtArgumentKind.Unsupported, Size = 8, IndexRegister = UsdtArgument.NoRegister };
        var at = part.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || !int.TryParse(part.AsSpan(0, at), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var size)) return unsupported;
        if (size is not (1 or 2 or 4 or 8 or -1 or -2 or -4 or -8)) return unsupported;
        var argument = unsupported with { Size = (byte)Math.Abs(size), Signed = (byte)(size < 0 ? 1 : 0) };
        var operand = part.AsSpan(at + 1).Trim();
        return architecture == Architecture.Arm64 ? ParseArm64(argument, operand) : ParseX64(argument, operand);
    }

    /// <summary><c>$5</c>, <c>%rdi</c>, <c>-8(%rbp)</c>, <c>(%rax,%rbx,4)</c>.</summary>
    static UsdtArgument ParseX64(UsdtArgument argument, ReadOnlySpan<char> operand)
    {
        if (operand.StartsWith("$"))
        {
            return TryParseNumber(operand[1..], out var constant) ? argument with { Kind = UsdtArgumentKind.Constant, Value = constant } : argument;
        }
        if (operand.StartsWith("%"))
        {
            return TryX64Register(operand, out var register) ? argument with { Kind = UsdtArgumentKind.Register, Register = register } : argument;
        }
        var open = operand.IndexOf('(');
        if (open < 0 || !operand.EndsWith(")")) return argument;
        long displacement = 0;
        if (open > 0 && !TryParseNumber(operand[..open], out displacement)) return argument;
        var inner = operand[(open + 1)..^1].ToString().Split(',');
        if (inner.Length is < 1 or > 3) return argument;
        // "(,%rax,8)" has no base: that needs a register of value zero, which there is none of.
        if (!TryX64Register(inner[0].Trim(), out var baseRegister)) return argument;
        argument = argument with { Kind = UsdtArgumentKind.Memory, Register = baseRegister, Value = displacement };
        if (inner.Length == 1) return argument;
        if (!TryX64Register(inner[1].Trim(), out var index)) return argument with { Kind = UsdtArgumentKind.Unsupported };
        var shift = 0;
        if (inner.Length == 3)
        {
            shift = inner[2].Trim() switch { "1" => 0, "2" => 1, "4" => 2, "8" => 3, _ => -1 };
            if (shift < 0) return argument with { Kind = UsdtArgumentKind.Unsupported };
        }
        return argument with { IndexRegister = index, IndexShift = (byte)shift };
    }

    /// <summary><c>5</c>, <c>x0</c>, <c>[sp, 16]</c>, <c>[x1]</c>.</summary>
    static UsdtArgument ParseArm64(UsdtArgument argument, ReadOnlySpan<char> operand)
    {
        if (operand.StartsWith("[") && operand.EndsWith("]"))
        {
            var inner = operand[1..^1].ToString().Split(',');
            if (inner.Length > 2 || !TryArm64Register(inner[0].Trim(), out var baseRegister)) return argument;
            long displacement = 0;
            if (inner.Length == 2 && !TryParseNumber(inner[1].Trim().TrimStart('#'), out displacement)) return argument;
            return argument with { Kind = UsdtArgumentKind.Memory, Register = baseRegister, Value = displacement };
        }
        if (TryArm64Register(operand, out var register)) return argument with { Kind = UsdtArgumentKind.Register, Register = register };
        return TryParseNumber(operand.TrimStart('#'), out var constant) ? argument with { Kind = UsdtArgumentKind.Constant, Value = constant } : argument;
    }

    /// <summary>Offset of a register in <c>struct pt_regs</c> by the assembler's name for it or a part of it, without a sign before it.</summary>
    public static bool TryRegister(string name, Architecture architecture, out ushort offset) => architecture == Architecture.Arm64
        ? TryArm64Register(name, out offset)
        : s_x64.TryGetValue(name, out offset);

    static bool TryX64Register(ReadOnlySpan<char> name, out ushort offset)
    {
        offset = 0;
        return name.StartsWith("%") && s_x64.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[1..], out offset);
    }

    static bool TryArm64Register(ReadOnlySpan<char> name, out ushort offset)
    {
        offset = Arm64StackPointer;
        if (name is "sp" or "wsp") return true;
        if (name is "pc")
        {
            offset = Arm64ProgramCounter;
            return true;
        }
        if (name.Length < 2 || name[0] is not ('x' or 'w') || !ushort.TryParse(name[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 30) return false;
        offset = (ushort)(number * 8);
        return true;
    }

    static bool TryParseNumber(ReadOnlySpan<char> text, out long value)
    {
        var negative = text.StartsWith("-");
        var digits = negative || text.StartsWith("+") ? text[1..] : text;
        ulong magnitude;
        var ok = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out magnitude)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude);
        value = unchecked(negative ? -(long)magnitude : (long)magnitude);
        return ok;
    }

    static Dictionary<string, ushort> BuildX64()
    {
        var offsets = new Dictionary<string, ushort>(StringComparer.Ordinal);
        foreach (var (name, offset) in (ReadOnlySpan<(string, ushort)>)[("ax", 80), ("bx", 40), ("cx", 88), ("dx", 96)])
        {
            foreach (var alias in (ReadOnlySpan<string>)["r" + name, "e" + name, name, name[0] + "l"]) offsets[alias] = offset;
            // The second byte of the register: its value starts one byte further.
            offsets[name[0] + "h"] = (ushort)(offset + 1);
        }
        foreach (var (name, offset) in (ReadOnlySpan<(string, ushort)>)[("si", 104), ("di", 112), ("bp", 32), ("sp", 152)])
        {
            foreach (var alias in (ReadOnlySpan<string>)["r" + name, "e" + name, name, name + "l"]) offsets[alias] = offset;
        }
        offsets["rip"] = offsets["eip"] = 128;
        ReadOnlySpan<ushort> numbered = [72, 64, 56, 48, 24, 16, 8, 0];
        for (var i = 0; i < numbered.Length; i++)
        {
            foreach (var suffix in (ReadOnlySpan<string>)["", "d", "w", "b"]) offsets[string.Create(CultureInfo.InvariantCulture, $"r{i + 8}{suffix}")] = numbered[i];
        }
        return offsets;
    }
}
