using System.CommandLine;
using System.Net;
using Shouldly;
using Skep.Agent.Events;
using Skep.Cli.Run;
using Skep.Tetragon.Api;
using Xunit;

namespace Skep.Cli.Tests.Run;

/// <summary>Options of <c>skep run</c> about what the agent gives out.</summary>
public class FlagTests
{
    [Fact]
    public void Export_file_is_read_from_options_of_Tetragons_names()
    {
        var (file, _) = Parse("--export-filename", "/tmp/x.log", "--export-file-max-size-mb", "3", "--export-file-rotation-interval", "1h", "--export-file-max-backups", "7", "--export-file-max-age", "48h",
            "--export-file-compress", "--export-file-perm", "640", "--export-allowlist", """{"event_set":["PROCESS_EXEC"]}""", "--export-denylist", """{"pid":[1]} {"pid":[2]}""",
            "--field-filters", """{"fields":"process.binary"}""", "--export-rate-limit", "600", "--enable-export-aggregation", "--export-aggregation-window-size", "3s", "--export-aggregation-buffer-size", "9");
        var options = file.ShouldNotBeNull();
        options.Path.ShouldBe("/tmp/x.log");
        options.Rotation.ShouldBe(new ExportRotation { MaxSize = 3_000_000, Interval = TimeSpan.FromHours(1), MaxBackups = 7 });
        (options.MaxAge, options.Compresses).ShouldBe((TimeSpan.FromDays(2), true));
        options.Permissions.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        options.Allow.ShouldHaveSingleItem().EventSet.ShouldBe([EventType.ProcessExec]);
        options.Deny.Count.ShouldBe(2);
        options.Fields.ShouldHaveSingleItem().Fields.Paths.ShouldBe(["process.binary"]);
        options.RateLimit.ShouldBe(600);
        options.Aggregation.ShouldNotBeNull().WindowSize.Seconds.ShouldBe(3);
        options.Aggregation.ChannelBufferSize.ShouldBe(9u);
    }

    [Fact]
    public void Rotation_interval_of_zero_is_by_size_alone()
    {
        var (file, _) = Parse("--export-filename", "/tmp/x.log", "--export-file-rotation-interval", "0s", "--export-file-max-age", "0");
        (file.ShouldNotBeNull().Rotation.Interval, file.MaxAge).ShouldBe((TimeSpan.Zero, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("--export-filename", "")]
    [InlineData("--export-rate-limit", "0")]
    public void Export_file_is_not_made_when_nothing_is_to_be_exported(string option, string value) => Parse([.. option == "--export-filename" ? Array.Empty<string>() : ["--export-filename", "/tmp/x.log"], option, value]).File.ShouldBeNull();

    [Theory]
    [InlineData("--export-allowlist", """{"binary_regexx":["x"]}""", "--export-allowlist: 1:2")]
    [InlineData("--export-denylist", """{"binary_regex":["("]}""", "--export-denylist: ")]
    [InlineData("--field-filters", """{"fields":"process.nothing"}""", "--field-filters: ")]
    [InlineData("--redaction-filters", """{"redact":["secret"]}""", "--redaction-filters: ")]
    [InlineData("--export-file-perm", "888", "--export-file-perm: ")]
    [InlineData("--export-file-perm", "1777", "--export-file-perm: ")]
    [InlineData("--export-file-perm", "", "--export-file-perm: ")]
    public void Mistakes_in_export_options_are_told_with_the_option(string option, string value, string message) =>
        Should.Throw<UserException>(() => Parse("--export-filename", "/tmp/x.log", option, value)).Message.ShouldStartWith(message);

    [Fact]
    public void Redaction_is_read() => Parse("--redaction-filters", """{"redact":["--token (\\S+)"]}""").Redactor.ShouldNotBeNull().Redact("/bin/x", "--token abc").ShouldBe("--token *****");

    [Theory]
    [InlineData(":2112", "127.0.0.1:2112")]
    [InlineData("localhost:2112", "127.0.0.1:2112")]
    [InlineData("0.0.0.0:2112", "0.0.0.0:2112")]
    [InlineData("[::1]:2112", "[::1]:2112")]
    public void Metrics_address_is_this_host_unless_another_one_is_said(string text, string address) => HealthFlags.ParseAddress(text).ShouldBe(IPEndPoint.Parse(address));

    [Theory]
    [InlineData("2112")]
    [InlineData("127.0.0.1")]
    [InlineData("host:2112")]
    [InlineData(":")]
    public void Metrics_address_that_is_none_is_refused(string text) => Should.Throw<UserException>(() => HealthFlags.ParseAddress(text)).Message.ShouldContain(text);

    [Fact]
    public void Budgets_are_read_with_their_units_and_nonsense_is_refused()
    {
        HealthFlags.ParseShare("2%").ShouldBe(0.02);
        HealthFlags.ParseShare("0.5").ShouldBe(0.005);
        HealthFlags.ParseBytes("80M").ShouldBe(80_000_000);
        HealthFlags.ParseBytes("123").ShouldBe(123);
        foreach (var text in (string[])["", "0%", "-1", "101", "x"]) Should.Throw<UserException>(() => HealthFlags.ParseShare(text));
        foreach (var text in (string[])["", "M", "0", "-1", "1.5M", "80MM", "99999999999999999G"]) Should.Throw<UserException>(() => HealthFlags.ParseBytes(text));
    }

    static (ExportFileOptions? File, Skep.Tetragon.Filters.Redactor? Redactor) Parse(params string[] arguments)
    {
        var command = new Command("run");
        var flags = new ExportFlags(command);
        var parsed = command.Parse(arguments);
        parsed.Errors.ShouldBeEmpty();
        return (flags.FileOf(parsed), flags.RedactorOf(parsed));
    }
}
