using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using Skep.Agent.Configuration;

namespace Skep.Cli.Run;

/// <summary>
/// The options of <c>skep run</c> from all places: a file, the directory <c>conf.d</c> beside it, the environment, the command line; the later one wins. The command
/// line's options are the catalogue of all of them: a setting becomes the argument that says the same, and is checked as that.
/// </summary>
sealed class RunConfiguration
{
    public const string DefaultFile = "/etc/skep/skep.yaml", DropIns = "conf.d", Policies = "policies";

    readonly Command _run;
    readonly Option<string> _file;
    readonly HashSet<Option> _here;

    /// <summary>Adds the option that names the file, and names each option's variable in its help.</summary>
    /// <param name="run">The command with all its options.</param>
    /// <param name="onlyHere">Those that make sense on the command line alone.</param>
    public RunConfiguration(Command run, params IEnumerable<Option> onlyHere)
    {
        _run = run;
        _file = new Option<string>("--config")
        {
            Description = $"File of options, with {DropIns} beside it; 'none' for no file. The default one need not exist.",
            HelpName = "file|none",
            DefaultValueFactory = _ => DefaultFile,
        };
        run.Add(_file);
        _here = [.. onlyHere, _file];
        foreach (var option in run.Options.Where(o => !_here.Contains(o) || o == _file)) option.Description += $" [{Settings.VariableOf(NameOf(option))}]";
        run.Description += $"\n\nEach option may also be given in the environment, by the name in brackets; in {DefaultFile}, by its name without dashes; "
            + $"and in {Path.GetDirectoryName(DefaultFile)}/{DropIns}, in files *.yaml or files that are named like the option. The command line is the strongest, then the environment, then {DropIns}.";
    }

    /// <summary>The options that <see cref="Settings"/> may have.</summary>
    IEnumerable<Option> Configurable => _run.Options.Where(o => !_here.Contains(o) && !o.Recursive && o is not System.CommandLine.Help.HelpOption);

    /// <summary>What holds in the end.</summary>
    /// <exception cref="UserException">Something that was configured cannot be; all of it is in the message.</exception>
    public ConfiguredRun Read(ParseResult given, IDictionary environment, TextWriter messages)
    {
        var options = Configurable.ToDictionary(NameOf, StringComparer.Ordinal);
        var root = given.RootCommandResult.Command;
        var settings = new Settings(options.ToDictionary(o => o.Key, o => KindOf(o.Value), StringComparer.Ordinal), setting =>
            root.Parse([_run.Name, .. Arguments(options[setting.Name], setting.Values)]).Errors.Select(error => Describe(error.Message, setting, options[setting.Name])));
        ReadFiles(settings, given, environment);
        settings.ReadEnvironment(environment.Keys.OfType<string>().Where(n => n != Settings.VariableOf(NameOf(_file))).ToDictionary(n => n, n => environment[n]));
        foreach (var warning in settings.Warnings) messages.WriteLine(warning);
        if (settings.Errors.Count > 0) throw new UserException("the configuration has errors:\n" + string.Join('\n', settings.Errors));
        var arguments = new List<string> { _run.Name };
        foreach (var option in _run.Options.Where(o => IsGiven(given, o)))
        {
            var values = given.GetResult(option)!.Tokens.Select(t => t.Value).ToList();
            arguments.AddRange(values.Count == 0 ? [option.Name] : Arguments(option, values));
        }
        var places = new Dictionary<Option, SettingPlace>();
        foreach (var setting in settings.All.Where(s => !IsGiven(given, options[s.Name])))
        {
            arguments.AddRange(Arguments(options[setting.Name], setting.Values));
            places[options[setting.Name]] = setting.Place;
        }
        var merged = root.Parse(arguments);
        if (merged.Errors.Count > 0) throw new UserException(string.Join('\n', merged.Errors.Select(e => e.Message)));
        return new ConfiguredRun(merged, [.. Configurable], places) { File = FileOf(given, environment).File };
    }

    void ReadFiles(Settings settings, ParseResult given, IDictionary environment)
    {
        var (file, isNamed) = FileOf(given, environment);
        if (file is null) return;
        // A file that somebody names has to be there.
        if (isNamed || File.Exists(file)) settings.ReadFile(file);
        ReadDropIns(settings, file);
    }

    /// <summary>Reads the directory beside a file of options, if there is one.</summary>
    public static void ReadDropIns(Settings settings, string file)
    {
        var directory = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, DropIns);
        if (Directory.Exists(directory)) settings.ReadDirectory(directory);
    }

    /// <summary>The file of options, which need not exist, and whether somebody named it; null for none.</summary>
    (string? File, bool IsNamed) FileOf(ParseResult given, IDictionary environment)
    {
        var isGiven = IsGiven(given, _file);
        var variable = isGiven ? null : environment[Settings.VariableOf(NameOf(_file))] as string;
        var file = variable ?? given.GetValue(_file)!;
        return (file == "none" ? null : file, isGiven || variable is not null);
    }

    /// <summary>The parser speaks of arguments and names types of the code.</summary>
    static string Describe(string message, Setting setting, Option option)
    {
        if (message.StartsWith("Cannot parse argument", StringComparison.Ordinal)) message = $"expected {option.HelpName}, got '{string.Join(' ', setting.Values)}'";
        message = message.Replace(option.Name, setting.Name, StringComparison.Ordinal);
        return message.StartsWith(setting.Name, StringComparison.Ordinal) ? message : $"{setting.Name}: {message}";
    }

    // With a sign of equality what begins with a dash is a value too; what is empty stands alone.
    static IEnumerable<string> Arguments(Option option, IReadOnlyList<string> values) =>
        values.SelectMany(value => value.Length > 0 ? (string[])[$"{option.Name}={value}"] : [option.Name, ""]);

    static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    static string NameOf(Option option) => option.Name.TrimStart('-');

    static SettingKind KindOf(Option option) => option.ValueType == typeof(bool) || option.ValueType == typeof(bool?) ? SettingKind.Switch
        : option.ValueType != typeof(string) && typeof(IEnumerable).IsAssignableFrom(option.ValueType) ? SettingKind.List : SettingKind.Value;
}
