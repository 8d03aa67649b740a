using System.Collections.Frozen;
using System.Runtime.InteropServices;

namespace Skep.Engine.Hooks;

/// <summary>Names and numbers of system calls, without any prefix: <c>openat</c>. Those without an architecture are of the running one.</summary>
public static partial class SyscallTable
{
    static readonly Lazy<Numbering> _x64 = new(() => new(X64));
    static readonly Lazy<Numbering> _arm64 = new(() => new(Arm64));
    static readonly Lazy<Numbering> _x86 = new(() => new(X86));

    /// <summary>All names, in the order of their numbers.</summary>
    public static IReadOnlyList<string> Names => NamesOf(RuntimeInformation.ProcessArchitecture);

    /// <summary>Finds the number of a system call.</summary>
    public static bool TryGetNumber(string name, out int number) => TryGetNumber(RuntimeInformation.ProcessArchitecture, name, out number);

    /// <summary>The name of a system call; null when the number is not known.</summary>
    public static string? NameOf(int number) => NameOf(RuntimeInformation.ProcessArchitecture, number);

    /// <summary>All names of an architecture, in the order of their numbers. <see cref="Architecture.X86"/> is the table of <c>int 0x80</c>.</summary>
    public static IReadOnlyList<string> NamesOf(Architecture architecture) => Table(architecture).Names;

    /// <summary>Finds the number of a system call of an architecture.</summary>
    public static bool TryGetNumber(Architecture architecture, string name, out int number) => Table(architecture).Numbers.TryGetValue(name, out number);

    /// <summary>The name of a system call of an architecture; null when the number is not known.</summary>
    public static string? NameOf(Architecture architecture, int number) => Table(architecture).ByNumber.GetValueOrDefault(number);

    static Numbering Table(Architecture architecture) => architecture switch
    {
        Architecture.X64 => _x64.Value,
        Architecture.X86 => _x86.Value,
        Architecture.Arm64 => _arm64.Value,
        _ => throw new PlatformNotSupportedException($"there is no table of system calls for {architecture}"),
    };

    sealed class Numbering
    {
        public Numbering(string text)
        {
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            var next = 0;
            foreach (var word in text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (char.IsAsciiDigit(word[0])) next = int.Parse(word, System.Globalization.CultureInfo.InvariantCulture);
                else numbers.Add(word, next++);
            }
            Numbers = numbers.ToFrozenDictionary(StringComparer.Ordinal);
            ByNumber = numbers.ToFrozenDictionary(n => n.Value, n => n.Key);
            Names = [.. numbers.OrderBy(n => n.Value).Select(n => n.Key)];
        }

        public FrozenDictionary<string, int> Numbers { get; }

        public FrozenDictionary<int, string> ByNumber { get; }

        public IReadOnlyList<string> Names { get; }
    }
}
