using System.Runtime.InteropServices;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>System calls that .NET does not offer.</summary>
static partial class Native
{
    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();
}
