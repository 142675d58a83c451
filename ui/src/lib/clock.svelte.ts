/** The time, once a second, for everything that counts. */
class Clock {
  now = $state(Date.now());

  constructor() {
    const tick = () => {
      this.now = Date.now();
      window.setTimeout(tick, 1000 - (this.now % 1000));
    };
    tick();
  }
}

export const clock = new Clock();
