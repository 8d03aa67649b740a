using System.Collections;
using System.CommandLine;
using Shouldly;
using Skep.Cli.Run;
using Xunit;

namespace Skep.Cli.Tests.Run;

public sealed class RunConfigurationTests : IDisposable
{
    enum Shape
    {
        Round,
        Square,
    }

    readonly string _directory = Directory.CreateTempSubdirectory("skep-configuration-").FullName;
    readonly StringWriter _messages = new();
    readonly Hashtable _environment = [];
    readonly Option<string[]> _names = new("--name", "-n") { DefaultValueFactory = _ => [] };
    readonly Option<Shape> _shape = new("--shape") { HelpName = "round|square", DefaultValueFactory = _ => Shape.Round };
    readonly Option<int> _size = new("--size") { HelpName = "bytes", DefaultValueFactory = _ => 7 };
    readonly Option<string> _label = new("--label") { DefaultValueFactory = _ => "" };
    readonly Option<bool> _quick = new("--quick");
    readonly RootCommand _root;
    readonly RunConfiguration _configuration;

    public RunConfigurationTests()
    {
        var run = new Command("run", "Runs.") { _names, _shape, _size, _label, _quick };
        _root = new RootCommand { run };
        _configuration = new RunConfiguration(run);
        Directory.CreateDirectory(Path.Combine(_directory, "conf.d"));
    }

    [Fact]
    public void Later_place_is_the_stronger_one()
    {
        Write("skep.yaml", "size: 1\nshape: square\nlabel: file\nquick: yes\n");
        Write("conf.d/10-size.yaml", "size: 2\nname: [a, 'b c']\n");
        Write("conf.d/label", "dropped in\n");
        _environment["SKEP_LABEL"] = "environment";
        var read = Read("--quick=false");
        read.Parsed.GetValue(_size).ShouldBe(2);
        read.Parsed.GetValue(_shape).ShouldBe(Shape.Square);
        read.Parsed.GetValue(_label).ShouldBe("environment");
        read.Parsed.GetValue(_names).ShouldBe(["a", "b c"]);
        read.Parsed.GetValue(_quick).ShouldBeFalse();
        Printed(read).ShouldBe(
        [
            "label: environment  # SKEP_LABEL", $"name: [a, \"b c\"]  # {_directory}/conf.d/10-size.yaml:2:1", "quick: false  # command line",
            $"shape: square  # {_directory}/skep.yaml:2:1", $"size: 2  # {_directory}/conf.d/10-size.yaml:1:1",
        ]);
    }

    [Fact]
    public void Command_line_replaces_a_list_as_a_whole_and_takes_values_that_look_like_options()
    {
        Write("skep.yaml", "name: [a, b]\nlabel: --size\n");
        var read = Read("-n", "c", "--name=--quick");
        read.Parsed.GetValue(_names).ShouldBe(["c", "--quick"]);
        read.Parsed.GetValue(_label).ShouldBe("--size");
    }

    [Fact]
    public void Every_mistake_is_told_with_its_place_at_once()
    {
        Write("skep.yaml", "sise: 1\nsize: big\nshape: [round]\nquick: perhaps\nname:\n");
        Write("conf.d/shap", "round");
        Write("conf.d/20.yaml", "shape: rond\n---\nsize: 1\n");
        _environment["SKEP_SIZE"] = "-";
        var message = Should.Throw<UserException>(() => Read("--shape", "square")).Message;
        string[] expected =
        [
            $"{_directory}/skep.yaml:1:1: error: unknown option \"sise\", did you mean \"size\"?",
            $"{_directory}/skep.yaml:2:1: error: size: expected bytes, got 'big'",
            $"{_directory}/skep.yaml:3:8: error: shape: expected a value, got a list",
            $"{_directory}/skep.yaml:4:8: error: quick: expected true or false, got \"perhaps\"",
            $"{_directory}/skep.yaml:5:6: error: name: expected a value, got nothing",
            $"{_directory}/conf.d/shap: error: unknown option \"shap\", did you mean \"shape\"?",
            $"{_directory}/conf.d/20.yaml:1:1: error: shape: expected round|square, got 'rond'",
            $"{_directory}/conf.d/20.yaml:3:1: error: a second document: all options belong into one",
            "SKEP_SIZE: error: size: expected bytes, got '-'",
        ];
        foreach (var line in expected) message.Split('\n').ShouldContain(line);
        message.Split('\n').Length.ShouldBe(expected.Length + 1);
    }

    [Fact]
    public void Files_of_a_mounted_ConfigMap_are_values_and_what_editors_leave_is_passed_over()
    {
        Write("conf.d/..2026_1/name", "a\nb\n");
        Directory.CreateSymbolicLink(Path.Combine(_directory, "conf.d/..data"), "..2026_1");
        File.CreateSymbolicLink(Path.Combine(_directory, "conf.d/name"), "..data/name");
        foreach (var name in (string[])["label~", ".label.swp", "#label#", "label.bak", "label.dpkg-old"]) Write($"conf.d/{name}", "left over");
        _environment["SKEP_SIZE"] = "12";
        _environment["SKEP_SIZES"] = "13";
        _environment["SKEP_PORT_443_TCP"] = "tcp://10.0.0.1";
        var read = Read("--config", Path.Combine(_directory, Write("empty.yaml", "# nothing\n")));
        read.Parsed.GetValue(_names).ShouldBe(["a", "b"]);
        read.Parsed.GetValue(_label).ShouldBe("");
        read.Parsed.GetValue(_size).ShouldBe(12);
        _messages.ToString().ShouldBe($"SKEP_SIZES: warning: no option has this variable, did you mean \"SKEP_SIZE\"?{Environment.NewLine}");
    }

    [Fact]
    public void File_that_is_named_has_to_be_there_and_none_is_no_file()
    {
        Should.Throw<UserException>(() => Read("--config", Path.Combine(_directory, "absent.yaml"))).Message.ShouldContain("absent.yaml: error: cannot be read");
        Write("skep.yaml", "size: 1\n");
        _environment["SKEP_CONFIG"] = "none";
        _configuration.Read(_root.Parse(["run"]), _environment, _messages).Parsed.GetValue(_size).ShouldBe(7);
        _environment["SKEP_CONFIG"] = Path.Combine(_directory, "skep.yaml");
        _configuration.Read(_root.Parse(["run"]), _environment, _messages).Parsed.GetValue(_size).ShouldBe(1);
    }

    [Fact]
    public void What_is_printed_is_read_again_as_the_same()
    {
        Write("skep.yaml", "name: ['yes', '7', 'a: b', \"tab\\there\", 'ü']\nlabel: ''\nsize: 9\n");
        var printed = Printed(Read());
        Write("skep.yaml", string.Join('\n', printed));
        var again = Read();
        again.Parsed.GetValue(_names).ShouldBe(["yes", "7", "a: b", "tab\there", "ü"]);
        Printed(again).Select(Value).ShouldBe(printed.Select(Value));

        static string Value(string line) => line[..line.LastIndexOf("  # ", StringComparison.Ordinal)];
    }

    [Fact]
    public void Random_bytes_never_crash_the_reader()
    {
        var random = new Random(20261125);
        var seed = "name: [a, {b: c}]\n- size: &x 1\nshape: *x\n"u8.ToArray();
        for (var i = 0; i < 300; i++)
        {
            var bytes = (byte[])seed.Clone();
            for (var change = random.Next(1, 8); change > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(Path.Combine(_directory, "skep.yaml"), bytes);
            try
            {
                Read();
            }
            catch (UserException)
            {
            }
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return name;
    }

    ConfiguredRun Read(params string[] arguments)
    {
        string[] file = arguments.Contains("--config") ? [] : ["--config", Path.Combine(_directory, "skep.yaml")];
        return _configuration.Read(_root.Parse(["run", .. file, .. arguments]), _environment, _messages);
    }

    static string[] Printed(ConfiguredRun read)
    {
        var output = new StringWriter();
        read.Print(output);
        return output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
