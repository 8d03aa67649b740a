using Skep.Bpf;

namespace Skep.Cli.Doctor;

/// <summary>A feature that Skep uses: how to probe it, and what is lost where it is missing.</summary>
/// <param name="Group">Heading under which it is shown.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Probe">Finds out.</param>
/// <param name="Loss">What does not work without it.</param>
/// <param name="Remedy">What helps, when that differs from what the cause suggests.</param>
/// <param name="IsEssential">Whether Skep cannot run at all without it.</param>
sealed record DoctorCheck(string Group, string Name, Func<FeatureSupport> Probe, string Loss, string? Remedy = null, bool IsEssential = false);
