using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf;

/// <summary>Writes the values of an object's Kconfig externs into its <c>.kconfig</c> section, by their declared types.</summary>
sealed class KconfigValues(ObjectSpec spec)
{
    const string Version = "LINUX_KERNEL_VERSION", HasCookie = "LINUX_HAS_BPF_COOKIE", HasWrapper = "LINUX_HAS_SYSCALL_WRAPPER";

    /// <summary>Fills the section of every extern of this kind.</summary>
    /// <param name="data">The section's bytes.</param>
    /// <param name="overrides">Lines that come before the kernel's configuration.</param>
    /// <param name="virtualValue">Gives the value of a <c>LINUX_*</c> extern; null for one that is not known.</param>
    /// <exception cref="BpfException">A strong extern has no value, or a value does not fit its type.</exception>
    public void Fill(Span<byte> data, string? overrides, Func<string, ulong?> virtualValue)
    {
        var externs = spec.Externs.Values.Where(e => e.Kind == ExternKind.Kconfig).ToList();
        var options = externs.Where(e => e.Name.StartsWith("CONFIG_", StringComparison.Ordinal)).Select(e => e.Name).ToList();
        var values = options.Count > 0 ? KernelConfiguration.Read(options, overrides) : [];
        foreach (var symbol in externs)
        {
            if ((uint)symbol.Offset > (uint)data.Length || symbol.Size > data.Length - symbol.Offset) throw Error(symbol, "lies outside the section .kconfig");
            var target = data.Slice(symbol.Offset, symbol.Size);
            if (values.TryGetValue(symbol.Name, out var text))
            {
                Write(symbol, target, text);
            }
            else if (symbol.Name.StartsWith("LINUX_", StringComparison.Ordinal) && virtualValue(symbol.Name) is { } number)
            {
                WriteNumber(symbol, target, number, isNegative: false);
            }
            else if (!symbol.IsWeak)
            {
                throw Error(symbol, symbol.Name.StartsWith("CONFIG_", StringComparison.Ordinal)
                    ? $"is not set in the configuration of this kernel ({KernelVersion.Release}); declare it __weak if zero will do"
                    : "is not known to this library; declare it __weak if zero will do");
            }
        }
    }

    /// <summary>The values that this library knows about the running kernel; null for other names.</summary>
    public static ulong? RunningKernel(string name) => name switch
    {
        Version => KernelVersionCode.Running,
        HasCookie => HasField("bpf_trace_run_ctx", "bpf_cookie") ? 1u : 0,
        HasWrapper => HasSyscallWrapper() ? 1u : 0,
        _ => null,
    };

    // Since 4.17 the kernel wraps system calls on x86-64, arm64 and s390: the implementation takes one pt_regs (CONFIG_ARCH_HAS_SYSCALL_WRAPPER).
    static bool HasSyscallWrapper()
    {
        var prefix = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "__x64_sys_bpf",
            Architecture.Arm64 => "__arm64_sys_bpf",
            _ => null,
        };
        return prefix is not null && KernelSymbols.Exists(prefix);
    }

    // struct bpf_trace_run_ctx got the member bpf_cookie with BPF cookies for perf events in 5.15 (kernel/trace/bpf_trace.c).
    static bool HasField(string type, string field)
    {
        try
        {
            if (!Btf.Kernel.TryFind(type, BtfKind.Struct, out var found)) return false;
            for (var i = 0; i < found.Count; i++)
            {
                if (found.Btf.StringAt(found.Member(i).NameOffset) == field) return true;
            }
            return false;
        }
        catch (BpfException)
        {
            return false;
        }
    }

    void Write(ExternSpec symbol, Span<byte> target, string text)
    {
        if (text.StartsWith('"'))
        {
            WriteString(symbol, target, text);
            return;
        }
        if (text is "y" or "n" or "m")
        {
            WriteTristate(symbol, target, text[0]);
            return;
        }
        var negative = text.StartsWith('-');
        var digits = negative ? text.AsSpan(1) : text;
        var parsed = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        if (!parsed) throw Error(symbol, $"has the value '{text}', which is no number, tristate or string");
        WriteNumber(symbol, target, negative ? (ulong)-(long)number : number, negative);
    }

    void WriteTristate(ExternSpec symbol, Span<byte> target, char value)
    {
        var type = TypeOf(symbol);
        switch (type.Kind)
        {
            case BtfKind.Int when IsBool(type):
                if (value == 'm') throw Error(symbol, "is a module (m) and declared as bool; declare it as enum config_tristate");
                Put(target, value == 'y' ? 1u : 0);
                break;
            case BtfKind.Int when target.Length == 1:
                target[0] = (byte)value;
                break;
            case BtfKind.Enum or BtfKind.Enum64 when type.Name is "libbpf_tristate" or "config_tristate":
                Put(target, value switch { 'y' => 1u, 'm' => 2u, _ => 0u });
                break;
            default:
                throw Error(symbol, $"has the value '{value}' and is declared as {type.Kind} '{type.Name}'; declare it as bool, char or enum config_tristate");
        }
    }

    void WriteNumber(ExternSpec symbol, Span<byte> target, ulong value, bool isNegative)
    {
        var type = TypeOf(symbol);
        // LINUX_HAS_* are 0 or 1 and usually declared as bool; options are not.
        if (type.Kind != BtfKind.Int && !type.IsEnum || IsBool(type) && value > 1)
        {
            throw Error(symbol, $"has the value {(isNegative ? (long)value : value)} and is declared as {type.Kind} '{type.Name}'; declare it as an integer");
        }
        var bits = target.Length * 8;
        if (target.Length is not (1 or 2 or 4 or 8)) throw Error(symbol, $"has {target.Length} bytes, which is no integer");
        // A value fits if extending the stored bits gives it back, by the declared sign.
        var fits = bits == 64 || (type.IsSigned ? (long)value >> (bits - 1) is 0 or -1 && isNegative == (long)value < 0 : !isNegative && value >> bits == 0);
        if (!fits || isNegative && !type.IsSigned) throw Error(symbol, $"has the value {(isNegative ? ((long)value).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture))}, which does not fit into {target.Length} {(type.IsSigned ? "signed" : "unsigned")} byte(s)");
        Put(target, value);
    }

    void WriteString(ExternSpec symbol, Span<byte> target, string text)
    {
        var type = TypeOf(symbol);
        if (type.Kind != BtfKind.Array || spec.Btf!.SizeOf(type.ElementTypeId) != 1) throw Error(symbol, $"is a string and declared as {type.Kind} '{type.Name}'; declare it as an array of char");
        if (text.Length < 2 || !text.EndsWith('"')) throw Error(symbol, "has a string without a closing quote");
        var bytes = Encoding.UTF8.GetBytes(text[1..^1]);
        // As libbpf: a string that is too long is cut, and always ends in NUL.
        var length = Math.Min(bytes.Length, target.Length - 1);
        target.Clear();
        if (length > 0) bytes.AsSpan(0, length).CopyTo(target);
    }

    BtfType TypeOf(ExternSpec symbol)
    {
        if (spec.Btf is null || symbol.TypeId == 0) throw Error(symbol, "has no type: compile the object with -g");
        return spec.Btf.Resolve(symbol.TypeId);
    }

    static bool IsBool(BtfType type) => type.Kind == BtfKind.Int && type.IsBool;

    void Put(Span<byte> target, ulong value)
    {
        Span<byte> whole = stackalloc byte[8];
        if (spec.ByteOrder == ByteOrder.Little)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
            whole[..target.Length].CopyTo(target);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(whole, value);
            whole[(8 - target.Length)..].CopyTo(target);
        }
    }

    BpfException Error(ExternSpec symbol, string what) => new($"object {spec.Name}: Kconfig extern '{symbol.Name}' {what}");
}
