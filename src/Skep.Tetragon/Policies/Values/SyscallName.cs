using System.Runtime.InteropServices;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Policies.Values;

/// <summary>A system call as policies name it: <c>sys_dup</c>, <c>__x64_sys_dup</c>, <c>i386/sys_dup</c>.</summary>
readonly record struct SyscallName(string Name, bool Is32Bit)
{
    /// <summary>Marks the 32-bit table in a number that a filter compares.</summary>
    const uint Bit32 = 0x80000000;

    const string Table32 = "i386/";

    static readonly string[] _prefixes = ["__x64_sys_", "__arm64_sys_", "__se_sys_", "sys_"];

    public static SyscallName Parse(string text)
    {
        var is32Bit = text.StartsWith(Table32, StringComparison.Ordinal);
        if (is32Bit) text = text[Table32.Length..];
        if (text.StartsWith("__ia32_sys_", StringComparison.Ordinal)) return new(text["__ia32_sys_".Length..], true);
        foreach (var prefix in _prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal)) return new(text[prefix.Length..], is32Bit);
        }
        return new(text, is32Bit);
    }

    public SyscallHook Hook => new(Name) { Is32Bit = Is32Bit };

    public bool TryGetNumber(Architecture architecture, out long number)
    {
        var found = SyscallTable.TryGetNumber(Is32Bit ? Architecture.X86 : architecture, Name, out var plain);
        number = Is32Bit ? (uint)plain | Bit32 : (uint)plain;
        return found;
    }

    /// <summary>The kernel function behind it, which events show.</summary>
    public string Function(Architecture architecture) => (architecture, Is32Bit) switch
    {
        (Architecture.Arm64, false) => $"__arm64_sys_{Name}",
        (_, true) => $"__ia32_sys_{Name}",
        _ => $"__x64_sys_{Name}",
    };
}
