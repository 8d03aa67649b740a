using System.Runtime.InteropServices;

namespace Skep.Engine.Processes;

/// <summary>Where a process belongs among those of a terminal; ids are pids of the initial namespace.</summary>
/// <param name="Terminal">The controlling terminal's device, as <c>/proc/PID/stat</c> tells it; 0 for none.</param>
/// <param name="Group">Its process group.</param>
/// <param name="Session">Its session.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ProcessSession(uint Terminal, uint Group, uint Session);
