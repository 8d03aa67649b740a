using System.CommandLine;
using Skep.Cli.Output;

namespace Skep.Cli.Doctor;

/// <summary><c>skep doctor</c>.</summary>
static class DoctorCommand
{
    public static Command Create()
    {
        var format = CommonOptions.Format();
        var all = new Option<bool>("--all", "-a") { Description = "Show a line for every feature, not only for the missing ones." };
        var command = new Command("doctor", "What this kernel and this user can do with eBPF, what is missing, why, and what helps.") { format, all };
        command.SetAction(parsed =>
        {
            var report = Examination.Run();
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(report, Json.Default.DoctorReport);
            else DoctorPrinter.Print(report, parsed.GetValue(all));
            return report.CanRun ? SkepCommand.Success : SkepCommand.Failure;
        });
        return command;
    }
}
