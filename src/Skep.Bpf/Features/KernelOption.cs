using System.Collections.Concurrent;

namespace Skep.Bpf;

/// <summary>The build options of the running kernel, where it or its distribution publishes them.</summary>
static class KernelOption
{
    static readonly ConcurrentDictionary<string, bool?> s_options = new();

    /// <summary>Whether an option is built in or a module; null when the configuration cannot be read.</summary>
    public static bool? IsSet(string option) => s_options.GetOrAdd(option, Read);

    static bool? Read(string option)
    {
        if (!File.Exists("/proc/config.gz") && !File.Exists($"/boot/config-{KernelVersion.Release}")) return null;
        try
        {
            return KernelConfiguration.Read([option], overrides: null).TryGetValue(option, out var value) && value is "y" or "m";
        }
        catch (BpfException)
        {
            return null;
        }
    }
}
