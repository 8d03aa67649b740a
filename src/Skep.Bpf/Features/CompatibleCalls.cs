namespace Skep.Bpf;

/// <summary>Whether system calls of 32-bit programs can happen (x86: <c>int 0x80</c>, SYSENTER, SYSCALL from compatible code).</summary>
static class CompatibleCalls
{
    const string Option = "CONFIG_IA32_EMULATION", DisabledByDefault = "CONFIG_IA32_EMULATION_DEFAULT_DISABLED", Parameter = "ia32_emulation";

    /// <summary>Linux 6.7 learned to switch them off when it boots.</summary>
    static readonly KernelVersion s_switchable = new(6, 7);

    static readonly Lazy<string?> s_whyNone = new(Ask);

    /// <summary>Why there are none; null when there are.</summary>
    public static string? WhyNone => s_whyNone.Value;

    static string? Ask()
    {
        // The table of these calls, or the function that took its place (arch/x86/entry/syscall_32.c).
        var isBuilt = KernelOption.IsSet(Option) != false
            && (!File.Exists("/proc/kallsyms") || KernelSymbols.Exists("ia32_sys_call_table") || KernelSymbols.Exists("ia32_sys_call"));
        if (!isBuilt) return $"this kernel runs no 32-bit programs ({Option} is off)";
        if (KernelVersion.Running < s_switchable) return null;
        string commandLine;
        try
        {
            commandLine = File.ReadAllText("/proc/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return WhyOff(commandLine, KernelOption.IsSet(DisabledByDefault) == true);
    }

    /// <summary>Why they were switched off when the kernel booted; null when they were not.</summary>
    /// <param name="commandLine">The kernel's command line.</param>
    /// <param name="isOffByDefault">Whether they are off unless it says otherwise.</param>
    internal static string? WhyOff(string commandLine, bool isOffByDefault)
    {
        bool? said = null;
        foreach (var word in Words(commandLine))
        {
            if (word == "--") break;
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            // kernel/params.c: dashes and underscores are the same in names.
            if (equals < 0 || word[..equals].Replace('-', '_') != Parameter) continue;
            said = Truth(word[(equals + 1)..]) ?? said;
        }
        return said switch
        {
            false => $"this kernel was booted to run no 32-bit programs ({Parameter}=off)",
            null when isOffByDefault => $"this kernel runs no 32-bit programs unless it is booted with {Parameter}=on ({DisabledByDefault})",
            _ => null,
        };
    }

    /// <summary>lib/kstrtox.c: kstrtobool; what is neither is not taken.</summary>
    static bool? Truth(string value) => value switch
    {
        ['y' or 'Y' or 't' or 'T' or '1', ..] or ['o' or 'O', 'n' or 'N', ..] => true,
        ['n' or 'N' or 'f' or 'F' or '0', ..] or ['o' or 'O', 'f' or 'F', ..] => false,
        _ => null,
    };

    /// <summary>lib/cmdline.c: next_arg; blanks within double quotes are no ends, and the quotes no part of the value.</summary>
    static IEnumerable<string> Words(string commandLine)
    {
        var word = new System.Text.StringBuilder();
        var isQuoted = false;
        foreach (var sign in commandLine)
        {
            if (sign == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (char.IsWhiteSpace(sign) && !isQuoted)
            {
                if (word.Length > 0) yield return word.ToString();
                word.Clear();
            }
            else
            {
                word.Append(sign);
            }
        }
        if (word.Length > 0) yield return word.ToString();
    }
}
