using System.Text;

namespace Skep.Bpf.Instructions;

/// <summary>The kernel's names of helper functions.</summary>
public static class HelperFunctionNames
{
    static readonly string[] s_names = BuildNames();

    /// <summary>The name in C, for example <c>bpf_map_lookup_elem</c>; null for a number that this library does not know.</summary>
    public static string? KernelName(this HelperFunction function) =>
        (uint)function < (uint)s_names.Length ? s_names[(int)function] : null;

    /// <summary>Finds a helper by its name in C.</summary>
    public static bool TryParse(ReadOnlySpan<char> kernelName, out HelperFunction function)
    {
        for (var i = 0; i < s_names.Length; i++)
        {
            if (!kernelName.SequenceEqual(s_names[i])) continue;
            function = (HelperFunction)i;
            return true;
        }
        function = default;
        return false;
    }

    // The enum's members are the kernel's names in Pascal case, so that the one table above stays the only one.
    static string[] BuildNames()
    {
        var values = Enum.GetValues<HelperFunction>();
        var names = new string[(int)values[^1] + 1];
        foreach (var value in values)
        {
            var name = new StringBuilder("bpf");
            foreach (var c in value.ToString())
            {
                if (char.IsAsciiLetterUpper(c)) name.Append('_');
                name.Append(char.ToLowerInvariant(c));
            }
            names[(int)value] = name.ToString();
        }
        return names;
    }
}
