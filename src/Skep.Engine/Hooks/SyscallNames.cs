using System.Runtime.InteropServices;
using Skep.Engine.Rules;

namespace Skep.Engine.Hooks;

/// <summary>The few system calls whose function in the kernel, and with it their tracepoint, is named otherwise than the call itself.</summary>
static class SyscallNames
{
    static readonly Dictionary<string, string> s_functions = new(StringComparer.Ordinal)
    {
        ["uname"] = "newuname", ["stat"] = "newstat", ["lstat"] = "newlstat", ["fstat"] = "newfstat", ["sendfile"] = "sendfile64", ["umount2"] = "umount",
    };

    static readonly Dictionary<string, string> s_calls = s_functions.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>The name of a call's function: <c>newuname</c> of <c>uname</c>.</summary>
    public static string FunctionOf(string name) => s_functions.GetValueOrDefault(name, name);

    /// <summary>The function that the kernel's entry code calls, with the saved registers for its argument.</summary>
    public static string WrapperOf(string name) => (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "__arm64_sys_" : "__x64_sys_") + FunctionOf(name);

    /// <summary>The number of a call in its table.</summary>
    public static bool TryGetNumber(SyscallHook call, out int number) =>
        call.Is32Bit ? SyscallTable.TryGetNumber(Architecture.X86, call.Name, out number) : TryGetNumber(call.Name, out number);

    /// <summary>The number of a call of the running architecture by either name.</summary>
    static bool TryGetNumber(string name, out int number) => SyscallTable.TryGetNumber(s_calls.GetValueOrDefault(name, name), out number);
}
